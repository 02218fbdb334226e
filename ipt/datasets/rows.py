"""A curated question as training rows: which texts and images, in which order, with which loss.

Source: RELEASED_FORMATS section 2, paper section 3.
"""

from ipt.config import ModelConfig
from ipt.datasets.instructions import instruction_segments, settings_held
from ipt.datasets.schema import Question
from ipt.datasets.segments import ImageSegment, Row, Segment, TextSegment
from ipt.errors import UserError
from ipt.names import INPUT_VARIANTS, THINK_PROMPT, Supervision, answer_only_prompt
from ipt.runs import IMAGE_SUPERVISIONS
from ipt.seeding import content_rng


def training_rows(
    question: Question, supervision: Supervision, model: ModelConfig, latent: int = 64, seed: int = 0
) -> list[Row]:
    """The rows that `question` gives under `supervision`: one, or for `mixed` two, an `ipt` row and an answer row.

    Args:
        question: a curated question, with its think texts.
        supervision: a trained mode (not `base`).
        model: image sizes.
        latent: Latent-N of the imagined image.
        seed: of the run; with the question id it chooses the input setting of a pt question.

    Returns:
        Rows in a fixed order; `sample_id` is question id, variant and input setting.

    Raises:
        UserError: the question lacks choices, an image or a text, or the Latent size does not exist at this scale.
    """
    variants = {"mixed": ("ipt", "answer_only")}.get(supervision, (supervision,))
    size = model.latent_output_size(latent)
    if supervision in IMAGE_SUPERVISIONS and not size:
        raise UserError(f"latent: Latent-{latent} is smaller than one token at this scale (model.output_size)")
    _check(question, supervision)
    setting = training_setting(question, seed)
    one = len(INPUT_VARIANTS[question.task][setting]) == 1
    input_size = model.input_size if one else model.input_size_many
    rows = []
    for variant in variants:
        prompt = answer_only_prompt(question.task) if variant == "answer_only" else THINK_PROMPT
        clean = supervision in IMAGE_SUPERVISIONS
        asked = instruction_segments(question, setting, prompt, input_size, clean)
        segments = (*asked, *_output(question, variant, size))
        rows.append(Row(f"{question.question_id}/{variant}/{setting}", segments))
    return rows


def training_setting(question: Question, seed: int = 0) -> str:
    """The input setting a question trains in: pt draws one of those it holds, by question id and run seed."""
    settings = settings_held(question)
    if len(settings) == 1:
        return settings[0]
    return str(content_rng(question.question_id, "training-setting", seed).choice(settings))


def _output(question: Question, variant: str, size: int) -> list[Segment]:
    answer = f"<answer>{question.answer}</answer>"
    if variant == "ipt":
        return [
            TextSegment(f"<think>{question.think_text}</think><image_start>", loss=True),
            ImageSegment(question.imagination, size, noised=True),
            TextSegment(f"<image_end>{answer}", loss=True),
        ]
    if variant == "text_cot":
        return [TextSegment(f"<think>{question.text_cot}</think>{answer}", loss=True)]
    return [TextSegment(answer, loss=True)]


def _check(question: Question, supervision: Supervision) -> None:
    where = f"question {question.question_id}"
    if supervision == "base":
        raise UserError(f"{where}: supervision base trains nothing; give label_only, text_cot, ipt or mixed")
    if len(question.choices) < 2:
        raise UserError(
            f"{where}: choices has {len(question.choices)} entries, expected 2 or more; curate the set again"
        )
    letters = [chr(ord("A") + index) for index in range(len(question.choices))]
    if question.answer not in letters:
        raise UserError(f"{where}: answer {question.answer!r} is not one of {', '.join(letters)}; curate the set again")
    if supervision == "text_cot" and not question.text_cot:
        raise UserError(f"{where}: text_cot is empty; curate the set again")
    if supervision in IMAGE_SUPERVISIONS and not question.imagination:
        raise UserError(f"{where}: imagination is empty; curate the set again")
