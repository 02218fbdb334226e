"""The instruction half of a training row: system prompt, input images, question and choices, in the released order.

Source: RELEASED_FORMATS 2 ("Order"). pet and mvc: all input images, then one text (prompt + question + choices). pt:
the system prompt, the images, then the question, whose `<image_N>` tags are written `<img><|image_N|></img>`. Choices
are appended as `\\n(A) ...` for pet and pt; for mvc they are `\\nA) ...` lines inside the question.

Training rows (`ipt.datasets.rows`) and the evaluation wording `training` (`ipt.evaluation.prompts`) share this
builder, so that a model trained from scratch is asked exactly as it was taught.
"""

import re
from string import ascii_uppercase

from ipt.datasets.schema import Question
from ipt.datasets.segments import ImageSegment, Segment, TextSegment
from ipt.errors import UserError
from ipt.names import INPUT_SETTINGS, INPUT_VARIANTS

IMAGE_TAG = re.compile(r"<image_(\d+)>")


def input_images(question: Question, input_setting: str) -> tuple[bytes, ...]:
    """PNG bytes of the images that `input_setting` shows, in order.

    Raises:
        UserError: the task has no such setting, or the question lacks one of its images.
    """
    try:
        roles = INPUT_VARIANTS[question.task][input_setting]
    except KeyError:
        known = ", ".join(INPUT_VARIANTS.get(question.task, ()))
        raise UserError(
            f"{question.question_id}: input setting {input_setting}: unknown; {question.task} has {known}"
        ) from None
    missing = [role for role in roles if role not in question.images]
    if missing:
        raise UserError(f"{question.question_id}: images lacks {missing[0]}, which input setting {input_setting} shows")
    return tuple(question.images[role] for role in roles)


def settings_held(question: Question) -> tuple[str, ...]:
    """The input settings that `question` was made for (paper 2.2: up to eight for pt), else those of its task."""
    return tuple(question.metadata.get("input_settings") or INPUT_SETTINGS[question.task])


def choice_lines(question: Question) -> str:
    """The choices as training writes them, each line led by a newline; '' where the question already lists them."""
    if question.task == "mvc":
        if re.search(r"^A\) ", question.question, re.MULTILINE):
            return ""
        return "".join(
            f"\n{letter}) {choice}" for letter, choice in zip(ascii_uppercase, question.choices, strict=False)
        )
    return "".join(f"\n({letter}) {choice}" for letter, choice in zip(ascii_uppercase, question.choices, strict=False))


def tag_images(text: str, images: int) -> str:
    """A pt question with the tags `<image_1>` .. `<image_N>` of the `images` that are shown.

    A question is stored once for all its input settings: tags of images that this setting does not show are removed,
    and a question without any tag gets all of them in front.
    """
    if not IMAGE_TAG.search(text):
        return "".join(f"<image_{index}>" for index in range(1, images + 1)) + f"\n{text}"
    return IMAGE_TAG.sub(lambda tag: tag.group() if int(tag.group(1)) <= images else "", text)


def released_tags(text: str) -> str:
    """Write every `<image_N>` as the released pt rows do: `<img><|image_N|></img>`."""
    return IMAGE_TAG.sub(r"<img><|image_\1|></img>", text)


def instruction_segments(
    question: Question, input_setting: str, system_prompt: str, image_size: int, clean: bool
) -> tuple[Segment, ...]:
    """Everything the model is given before it writes.

    Args:
        system_prompt: `THINK_PROMPT` or an answer-only prompt of `ipt.names`, byte for byte.
        image_size: side in px of each input image.
        clean: whether input images also enter as clean VAE latents (models trained with generation) beside the ViT.

    Raises:
        UserError: unknown input setting, or a missing image.
    """
    pngs = input_images(question, input_setting)
    images = tuple(ImageSegment(png, image_size, noised=False, clean=clean, vit=True) for png in pngs)
    if question.task == "pt":
        asked = released_tags(tag_images(question.question, len(pngs))) + choice_lines(question)
        return (TextSegment(system_prompt, droppable=True), *images, TextSegment(asked, droppable=True))
    asked = system_prompt + question.question + choice_lines(question)
    return (*images, TextSegment(asked, droppable=True))
