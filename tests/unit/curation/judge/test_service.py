"""The judge behind a real HTTP service on loopback: what it shows, how it is read, what it costs."""

import base64
import json

import pytest

from ipt.config import Config, EndpointConfig
from ipt.curation.judge.interface import VisibilityQuestion
from ipt.curation.judge.judging import judge_candidates
from ipt.curation.judge.service import EndpointJudge, read_letter, read_yes_no
from ipt.endpoint.client import Endpoint
from ipt.errors import UserError
from tests.unit.curation.samples import pt
from tests.unit.endpoint.service import completion, fails, raw, serving

PICTURES = {"map_path": b"map", "ego_1": b"start", "ego_2": b"end", "map_arrow": b"arrow"}
QUESTIONS = [pt(number, images=PICTURES, imagination=b"side") for number in range(4)]
SETTINGS = {
    "model": "eyes",
    "key_variable": "",
    "price_input": 1.0,
    "price_output": 1.0,
    "spend_cap": 10.0,
    "requests_per_minute": 1e6,
    "attempts": 3,
    "first_wait": 0.01,
    "timeout": 0.5,
    "send_seed": True,
}


def judge(url, folder, **changes):
    settings = EndpointConfig.model_validate(SETTINGS | {"base_url": url} | changes)
    return EndpointJudge("eyes", Endpoint("eyes", settings, folder))


def sees_the_truth(handler, content):
    """Yes if the prompt names the object of an answer; the right letter if it is shown the side view too."""
    text = content["messages"][-1]["content"][-1]["text"]
    images = [part for part in content["messages"][-1]["content"] if part["type"] == "image_url"]
    if text.startswith("Is "):
        said = "Yes." if any(f" {q.object} visible" in text for q in handler.server.questions) else "no"
    else:
        asked = next(q for q in handler.server.questions if all(f"{choice}" in text for choice in q.choices))
        said = f"({asked.answer})" if len(images) == 4 else "I cannot tell"
    handler.reply(200, json.dumps(completion(said, {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11})))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Yes", True),
        (" yes, partly.", True),
        ("No", False),
        ("**No**", False),
        ("Nothing", None),
        ("I think so", None),
        ("", None),
    ],
)
def test_yes_and_no_are_first_words(text, read):
    assert read_yes_no(text) is read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("B", "B"),
        ("(C)", "C"),
        ("Answer: D.", "D"),
        ("A or B", None),
        ("E", None),
        ("because", None),
        ("B. Because it is B", "B"),
    ],
)
def test_a_letter_stands_alone(text, read):
    assert read_letter(text, 4) == read


def test_visibility_shows_the_side_view_alone_and_choosing_adds_it_to_the_inputs(tmp_path):
    with serving() as service:
        one = judge(service.url, tmp_path)
        one.visible([VisibilityQuestion(QUESTIONS[0], 0)], 0)
        one.choose(QUESTIONS[:1], "without_imagination", 0)
        one.choose(QUESTIONS[:1], "with_side_view", 0)
    shown = [
        [
            base64.b64decode(part["image_url"]["url"].split(",")[1])
            for part in content["messages"][-1]["content"]
            if part["type"] == "image_url"
        ]
        for content in service.asked
    ]
    assert shown == [[b"side"], [b"map", b"start", b"end"], [b"map", b"start", b"end", b"side"]]


def test_rounds_are_asked_apart_and_answers_are_kept(tmp_path):
    asked = [VisibilityQuestion(QUESTIONS[0], 0)]
    with serving() as service:
        for number in (0, 1, 0, 1):
            judge(service.url, tmp_path).visible(asked, number)
    assert len(service.asked) == 2
    assert service.asked[0]["seed"] != service.asked[1]["seed"]


def candidates(url, tmp_path, **changes):
    config = Config.model_validate(
        {
            "endpoints": {"eyes": SETTINGS | {"base_url": url} | changes},
            "endpoint_directory": str(tmp_path),
            "curation": {"judge": "eyes"},
        }
    )
    by_id = {question.question_id: question for question in QUESTIONS}
    return judge_candidates(config, "primary", "train", QUESTIONS, by_id.__getitem__)


def test_a_set_is_judged_through_a_service_that_also_misbehaves(tmp_path):
    """A 500, a 429 with a wait, malformed JSON: asked again, and the verdicts are the same."""
    with serving(fails(500), fails(429, Retry_After="0.01"), raw("{"), *[sees_the_truth] * 500) as service:
        service.questions = QUESTIONS[:1]  # it knows one question's object; the others are not visible to it
        kept, report = candidates(service.url, tmp_path)
    assert [question.question_id for question in kept] == [QUESTIONS[0].question_id]
    assert report["rules"]["answer.not_visible"] == {"asked": 4, "dropped": 3, "undecided": 0}
    assert report["rules"]["answer.without_imagination"] == {"asked": 1, "dropped": 0, "undecided": 1}


def test_nothing_is_sent_when_the_estimate_passes_the_cap(tmp_path):
    with serving() as service, pytest.raises(UserError, match=r"endpoints\.eyes\.spend_cap"):
        candidates(service.url, tmp_path, price_input=1e4)
    assert service.asked == []
