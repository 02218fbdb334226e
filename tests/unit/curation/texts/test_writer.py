"""Text CoT from a service: told facts but no ids or poses, sent back with the reason, dropped and counted."""

import json

import pytest

from ipt.config import EndpointConfig
from ipt.curation.texts.templates import full_chain
from ipt.curation.texts.writer import plan, write_chains
from ipt.endpoint.client import Endpoint
from ipt.errors import UserError
from tests.unit.curation.samples import pet
from tests.unit.endpoint.service import completion, fails, raw, serving

QUESTION = pet(0, images={"marked": b"png"})
GOOD = full_chain(QUESTION)
LEAK = GOOD.replace("Step 1: ", "Step 1: At 2.5 m, ")
WRONG = GOOD.replace(f"answer is {QUESTION.answer}", f"answer is {'B' if QUESTION.answer == 'A' else 'A'}")


def endpoint(url, folder, **changes):
    settings = {
        "model": "writer",
        "base_url": url,
        "key_variable": "",
        "price_input": 1.0,
        "price_output": 1.0,
        "spend_cap": 10.0,
        "requests_per_minute": 1e6,
        "first_wait": 0.01,
    }
    return Endpoint("writer", EndpointConfig.model_validate(settings | changes), folder)


def says(text):
    return lambda handler, _: handler.reply(200, json.dumps(completion(text)))


def test_a_good_trace_is_taken_as_it_is(tmp_path):
    with serving(says(GOOD)) as service:
        found = write_chains([QUESTION], endpoint(service.url, tmp_path))
    assert found.texts == {QUESTION.question_id: GOOD.strip()}
    assert found.report() == {"asked": 1, "written": 1, "sent_back": {}, "dropped": {}}
    told = service.asked[0]["messages"][1]["content"][-1]["text"]
    assert "side_before" in told
    assert QUESTION.question in told
    assert QUESTION.question_id not in told
    assert "scene_index" not in told


def test_a_leak_goes_back_with_its_reason_and_the_rewrite_counts(tmp_path):
    with serving(says(LEAK), says(WRONG), says(GOOD)) as service:
        found = write_chains([QUESTION], endpoint(service.url, tmp_path))
    assert found.texts == {QUESTION.question_id: GOOD.strip()}
    assert found.report()["sent_back"] == {"answer.wrong": 1, "leak.measure": 1}
    second = service.asked[1]["messages"]
    assert second[2] == {"role": "assistant", "content": [{"type": "text", "text": LEAK.strip()}]}
    assert "it gives a measure" in second[3]["content"][0]["text"]


def test_what_stays_unfit_is_dropped_and_counted(tmp_path):
    with serving(says(LEAK), says(LEAK), says(WRONG)) as service:
        found = write_chains([QUESTION], endpoint(service.url, tmp_path))
    assert found.texts == {}
    assert found.report()["dropped"] == {"answer.wrong": 1}
    assert len(service.asked) == 3


def test_a_service_that_fails_in_passing_changes_nothing(tmp_path):
    with serving(fails(503), raw("not json"), says(GOOD)) as service:
        found = write_chains([QUESTION], endpoint(service.url, tmp_path))
    assert list(found.texts.values()) == [GOOD.strip()]


def test_the_cap_stops_before_anything_is_sent(tmp_path):
    with serving() as service, pytest.raises(UserError, match=r"endpoints\.writer\.spend_cap"):
        plan([QUESTION], endpoint(service.url, tmp_path, price_output=1e6))
    assert service.asked == []
