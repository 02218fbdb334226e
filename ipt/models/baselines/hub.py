"""A hub vision-language model as an answerer, through transformers' image-text-to-text classes.

Greedy decoding (the paper's sampling settings are BAGEL's), so an answer depends on the question alone, up to rounding
that left padding may move. The prompt is one user turn in the model's own chat template, images where they stand; a
model without a template (Chameleon) gets the texts with its image token between them. Images go as they are stored:
the model's own processor resizes them.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipt.config import Config
from ipt.config.baselines import HubModelConfig
from ipt.datasets.files import file_digest
from ipt.datasets.segments import ImageSegment, TextSegment
from ipt.errors import UserError
from ipt.models.baselines.catalog import HubModel, source_of
from ipt.models.baselines.processor import open_processor
from ipt.models.interface import Request, Response
from ipt.names import HubBaseline
from ipt.seeding import content_digest

if TYPE_CHECKING:
    from PIL.Image import Image


class HubAnswerer:
    """Answers batches of questions on one device."""

    def __init__(self, model_id: str, model: Any, processor: Any, digest: str, settings: HubModelConfig) -> None:
        self.model_id = model_id
        self.checkpoint_digest = digest
        self._model = model
        self._processor = processor
        self._settings = settings

    def answer(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in order."""
        size = self._settings.batch
        texts = [
            text for first in range(0, len(requests), size) for text in self._generate(requests[first : first + size])
        ]
        return [Response(text) for text in texts]

    def _generate(self, requests: Sequence[Request]) -> list[str]:
        import torch

        inputs = self.inputs(requests)
        with torch.inference_mode():
            output = self._model.generate(
                **inputs, do_sample=False, num_beams=1, max_new_tokens=self._settings.max_new_tokens
            )
        new = output[:, inputs["input_ids"].shape[1] :]
        found: list[str] = self._processor.tokenizer.batch_decode(new, skip_special_tokens=True)
        return found

    def inputs(self, requests: Sequence[Request]) -> Any:
        """What the model is given: token ids and pixels, padded on the left."""
        images = [_images(request) for request in requests]
        inputs = self._processor(
            text=[self._prompt(request) for request in requests],
            images=[image for shown in images for image in shown] or None,
            padding=True,
            return_tensors="pt",
        )
        return inputs.to(self._model.device, dtype=self._model.dtype)

    def logits(self, requests: Sequence[Request]) -> Any:
        """Logits of the first token of each answer [requests, vocabulary]."""
        import torch

        with torch.inference_mode():
            return self._model(**self.inputs(requests)).logits[:, -1]

    def _prompt(self, request: Request) -> str:
        """The question as the model's template says it, image placeholders included."""
        if not getattr(self._processor, "chat_template", None):
            token = self._processor.image_token
            return "".join(one.text if isinstance(one, TextSegment) else token for one in request.prompt)
        content = [
            {"type": "text", "text": one.text} if isinstance(one, TextSegment) else {"type": "image"}
            for one in request.prompt
        ]
        turns = [{"role": "user", "content": content}]
        text: str = self._processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return text


def _images(request: Request) -> "list[Image]":
    from PIL import Image

    pngs = [segment.png for segment in request.prompt if isinstance(segment, ImageSegment)]
    return [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]


def load_hub(config: Config, model_id: HubBaseline) -> HubAnswerer:
    """The hub baseline called `model_id`, which the configuration names.

    Raises:
        UserError: no revision is known; or neither the folder nor the hub's cache has the weights and the hub is not
            reached.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    settings = config.baselines.hub[model_id]
    source = source_of(config, model_id)
    where: dict[str, Any] = {"revision": source.revision} if isinstance(source, HubModel) else {}
    place = source.repository if isinstance(source, HubModel) else source
    if isinstance(source, str) and not Path(source, "config.json").is_file():
        raise UserError(f"baselines.hub.{model_id}.path: {source} holds no model (config.json is missing)")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    is_half = settings.precision == "bf16" or (settings.precision == "auto" and device == "cuda")
    try:
        processor = open_processor(place, **where)
        model = AutoModelForImageTextToText.from_pretrained(
            place, **where, dtype=torch.bfloat16 if is_half else torch.float32
        )
    except (OSError, ValueError) as error:
        raise UserError(f"baselines.hub.{model_id}: {place} cannot be opened: {_first_line(error)}") from None
    processor.tokenizer.padding_side = "left"  # new tokens of every row start at the same place
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    digest = _digest(source)
    return HubAnswerer(model_id, model.to(device).eval(), processor, digest, settings)


def _digest(source: HubModel | str) -> str:
    """What stands for the weights (16 digits): repository and commit, or the content of a folder's files."""
    if isinstance(source, HubModel):
        return content_digest("hub", source.repository, source.revision)
    digest = hashlib.sha256()
    for path in sorted(Path(source).iterdir()):
        if path.is_file():
            digest.update(f"{path.name} {file_digest(path)}\n".encode())
    return digest.hexdigest()[:16]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
