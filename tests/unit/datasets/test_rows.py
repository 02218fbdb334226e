"""Rows have the order, prompts, losses and encodings of RELEASED_FORMATS section 2."""

import dataclasses
from collections import Counter

import pytest

from ipt.config import load_config
from ipt.datasets.rows import training_rows, training_setting
from ipt.datasets.schema import Question
from ipt.datasets.segments import ImageSegment, TextSegment
from ipt.errors import UserError
from ipt.names import ANSWER_ONLY_PROMPT, ANSWER_ONLY_PROMPT_PT, PT_VARIANTS, THINK_PROMPT

MODEL = load_config("smoke").model


def make(task: str, **changes: object) -> Question:
    roles = {"pet": ["marked"], "pt": ["map_path", "ego_1", "ego_2", "map_arrow"]}.get(
        task, [f"frame_{index}" for index in range(4)]
    )
    question = Question(
        question_id=f"{task}-1",
        task=task,
        environment="primary",
        split="train",
        category="closer",
        scene_id="s",
        scene_digest="d",
        room_type="kitchen",
        question="How many chairs?\nA) 1\nB) 2\nC) 3\nD) 4" if task == "mvc" else "Where is the chair?",
        choices=("left", "right") if task == "pet" else ("1", "2", "3", "4"),
        answer="B",
        object="Chair",
        images={role: role.encode() for role in roles},
        imagination=b"imagined",
        think_text="Look.",
        text_cot="Because.",
    )
    return dataclasses.replace(question, **changes)


def texts(row: object) -> list[tuple[str, bool]]:
    return [(segment.text, segment.loss) for segment in row.segments if isinstance(segment, TextSegment)]


def test_pet_ipt_is_images_then_prompt_question_choices_then_text_image_text() -> None:
    (row,) = training_rows(make("pet"), "ipt", MODEL)
    assert row.segments == (
        ImageSegment(b"marked", MODEL.input_size, noised=False, clean=True, vit=True),
        TextSegment(THINK_PROMPT + "Where is the chair?\n(A) left\n(B) right", loss=False, droppable=True),
        TextSegment("<think>Look.</think><image_start>", loss=True),
        ImageSegment(b"imagined", MODEL.output_size, noised=True, clean=True, vit=True),
        TextSegment("<image_end><answer>B</answer>", loss=True),
    )


@pytest.mark.parametrize(
    ("supervision", "output"),
    [
        ("label_only", "<answer>B</answer>"),
        ("text_cot", "<think>Because.</think><answer>B</answer>"),
    ],
)
def test_text_supervisions_think_prompt_and_no_vae_anywhere(supervision: str, output: str) -> None:
    (row,) = training_rows(make("pet"), supervision, MODEL)
    assert texts(row)[-1] == (output, True)
    assert texts(row)[0][0].startswith(THINK_PROMPT)
    images = [segment for segment in row.segments if isinstance(segment, ImageSegment)]
    assert [(image.vit, image.clean, image.noised) for image in images] == [(True, False, False)]


@pytest.mark.parametrize(
    ("task", "prompt"), [("pet", ANSWER_ONLY_PROMPT), ("mvc", ANSWER_ONLY_PROMPT), ("pt", ANSWER_ONLY_PROMPT_PT)]
)
def test_mixed_is_half_ipt_and_half_answers_by_rows(task: str, prompt: str) -> None:
    rows = [row for index in range(5) for row in training_rows(make(task, question_id=str(index)), "mixed", MODEL)]
    kinds = Counter(row.sample_id.split("/")[1] for row in rows)
    assert kinds == {"ipt": 5, "answer_only": 5}
    for row in rows:
        first = texts(row)[0][0]
        assert first.startswith(prompt if "answer_only" in row.sample_id else THINK_PROMPT)
        assert row.segments[1 if task == "pt" else 0].clean  # inputs pass the VAE wherever the run generates images


def test_choices_are_appended_for_pet_and_pt_and_are_inside_the_question_for_mvc() -> None:
    (pt,) = training_rows(make("pt"), "label_only", MODEL)
    assert texts(pt)[-2][0].endswith("\n(A) 1\n(B) 2\n(C) 3\n(D) 4")
    (mvc,) = training_rows(make("mvc"), "label_only", MODEL)
    assert texts(mvc)[0][0] == THINK_PROMPT + make("mvc").question


def test_mvc_shows_all_frames_first_at_the_size_for_many_images() -> None:
    (row,) = training_rows(make("mvc"), "label_only", MODEL.model_copy(update={"input_size_many": 16}))
    assert [segment.png for segment in row.segments[:4]] == [b"frame_0", b"frame_1", b"frame_2", b"frame_3"]
    assert {segment.size for segment in row.segments[:4]} == {16}


def test_pt_is_prompt_then_images_then_question_and_every_setting_trains() -> None:
    settings = Counter()
    for index in range(300):
        question = make("pt", question_id=f"q{index}", question="Map <image_1>, views <image_2> <image_3>: which?")
        (row,) = training_rows(question, "label_only", MODEL)
        setting = training_setting(question)
        settings[setting] += 1
        roles = {"ego_dir": [b"map_path", b"ego_1", b"ego_2"], "path": [b"map_path"], "path_arrow": [b"map_arrow"]}
        assert row.segments[0] == TextSegment(THINK_PROMPT, droppable=True)
        assert [segment.png for segment in row.segments[1:-2]] == roles[setting]
        tags = ["<img><|image_1|></img>", "<img><|image_2|></img>", "<img><|image_3|></img>"]
        shown = len(roles[setting])
        assert all((tag in row.segments[-2].text) == (number < shown) for number, tag in enumerate(tags))
        assert "<image_" not in row.segments[-2].text
    assert set(settings) == {"ego_dir", "path", "path_arrow"}
    assert min(settings.values()) > 70  # 100 expected of 300; 3.7 standard deviations


def test_a_pt_question_trains_in_the_variants_that_it_was_made_for() -> None:
    roles = dict.fromkeys(role for shown in PT_VARIANTS.values() for role in shown)
    images = {role: role.encode() for role in roles}
    for held in (list(PT_VARIANTS), ["path", "dollhouse"]):
        made = [make("pt", question_id=f"q{i}", images=images, metadata={"input_settings": held}) for i in range(200)]
        assert {training_setting(question) for question in made} == set(held)
        for question in made[:20]:
            (row,) = training_rows(question, "label_only", MODEL)
            shown = [segment.png.decode() for segment in row.segments if isinstance(segment, ImageSegment)]
            assert tuple(shown) == PT_VARIANTS[training_setting(question)]


def test_the_imagined_image_takes_the_latent_size() -> None:
    sizes = [training_rows(make("pet"), "ipt", MODEL, latent)[0].segments[3].size for latent in (64, 32)]
    assert sizes == [32, 16]
    with pytest.raises(UserError, match="Latent-16"):
        training_rows(make("pet"), "ipt", MODEL, 16)


@pytest.mark.parametrize(
    ("changes", "supervision", "message"),
    [
        ({"choices": ()}, "label_only", "choices"),
        ({"answer": "C"}, "label_only", "answer 'C'"),
        ({"text_cot": ""}, "text_cot", "text_cot"),
        ({"imagination": b""}, "ipt", "imagination"),
        ({"images": {}}, "label_only", "images lacks marked"),
        ({}, "base", "supervision base"),
    ],
)
def test_a_damaged_question_is_named(changes: dict[str, object], supervision: str, message: str) -> None:
    with pytest.raises(UserError, match=f"pet-1.*{message}"):
        training_rows(make("pet", **changes), supervision, MODEL)
