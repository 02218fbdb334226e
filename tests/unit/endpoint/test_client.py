"""Asking a real HTTP service on loopback, which behaves and misbehaves as told."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ipt.config import EndpointConfig
from ipt.endpoint.cache import ResponseCache
from ipt.endpoint.calls import Call, Completion, Message, call_key
from ipt.endpoint.client import Endpoint
from ipt.errors import UserError
from tests.unit.endpoint.service import fails, hangs_up, raw, says, serving, stalls

PNG = b"\x89PNG pixels"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPT_TEST_KEY", "secret-key-1234")


def settings(**changes: Any) -> EndpointConfig:
    values: dict[str, Any] = {
        "model": "small",
        "base_url": "http://127.0.0.1:1/v1",
        "key_variable": "IPT_TEST_KEY",
        "price_input": 1.0,
        "price_output": 10.0,
        "spend_cap": 100.0,
        "requests_per_minute": 1e6,
        "timeout": 0.4,
        "attempts": 3,
        "first_wait": 0.01,
        "max_output_tokens": 1000,
    }
    return EndpointConfig.model_validate(values | changes)


def call(text: str, seed: int = 0, png: bytes = PNG) -> Call:
    return Call((Message("system", ("Be brief.",)), Message("user", (png, text))), seed)


def calls(count: int) -> list[Call]:
    return [call(f"question {index}") for index in range(count)]


def endpoint(url: str, folder: Path, **changes: Any) -> Endpoint:
    return Endpoint("small", settings(base_url=url, **changes), folder)


def test_answers_come_in_order_and_the_service_gets_text_and_image(tmp_path: Path) -> None:
    with serving() as service:
        found = endpoint(service.url, tmp_path).complete(calls(12))
    assert [one.text for one in found] == [f"<answer>question {index}</answer>" for index in range(12)]
    assert {(one.model, one.input_tokens, one.output_tokens) for one in found} == {("served-2026-01-01", 100, 10)}
    sent = next(one for one in service.asked if one["messages"][1]["content"][1]["text"] == "question 0")
    assert sent["messages"][0] == {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    assert sent["messages"][1]["content"][0]["image_url"]["url"].startswith("data:image/png;base64,iVBORyBwaXhlbHM")
    assert sent["max_completion_tokens"] == 1000
    assert "temperature" not in sent
    assert "seed" not in sent


def test_settings_reach_the_service(tmp_path: Path) -> None:
    changes = {"limit_field": "max_tokens", "temperature": 0.3, "send_seed": True, "extra": {"reasoning_effort": "low"}}
    with serving() as service:
        endpoint(service.url, tmp_path, **changes).complete([call("a", seed=7)])
    sent = service.asked[0]
    assert (sent["max_tokens"], sent["temperature"], sent["seed"], sent["reasoning_effort"]) == (1000, 0.3, 7, "low")
    assert "max_completion_tokens" not in sent


def test_nothing_is_asked_twice_and_the_cache_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as service:
        first = endpoint(service.url, tmp_path).complete([call("a"), call("b"), call("a")])
        assert len(service.asked) == 2
        monkeypatch.delenv("IPT_TEST_KEY")
        again = endpoint(service.url, tmp_path, price_input=9, concurrency=1)
        assert again.plan([call("a"), call("b")]).new == 0
        assert again.complete([call("b"), call("a")]) == [first[1], first[0]]
        assert len(service.asked) == 2
        with pytest.raises(UserError, match="IPT_TEST_KEY: not set in the environment"):
            again.complete([call("c")])
    assert not [file for file in tmp_path.rglob("*.json*") if "secret-key" in file.read_text()]


def test_the_key_of_an_answer_is_everything_it_depends_on() -> None:
    base = settings()
    different = {
        call_key(base, call("a")),
        call_key(base, call("b")),
        call_key(base, call("a", seed=1)),
        call_key(base, call("a", png=b"other")),
        call_key(base, Call((Message("user", ("Be brief.", PNG, "a")),))),
        call_key(settings(model="large"), call("a")),
        call_key(settings(temperature=0.0), call("a")),
        call_key(settings(max_output_tokens=10), call("a")),
        call_key(settings(base_url="http://127.0.0.1:2/v1"), call("a")),
        call_key(settings(extra={"reasoning_effort": "low"}), call("a")),
    }
    assert len(different) == 10
    same = settings(price_input=3, spend_cap=1, timeout=1, concurrency=9, attempts=1, requests_per_minute=1)
    assert call_key(same, call("a")) == call_key(base, call("a"))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (fails(429), 0.0),
        (fails(429, Retry_After="0.3"), 0.3),
        (fails(500), 0.0),
        (fails(503), 0.0),
        (stalls, 0.4),
        (hangs_up, 0.0),
        (raw("{not json"), 0.0),
        (raw("<html>gateway</html>"), 0.0),
        (raw("[]"), 0.0),
        (raw('{"choices": []}'), 0.0),
        (raw('{"choices": [{"message": {"content": 5}}]}'), 0.0),
    ],
    ids=["429", "429-wait", "500", "503", "stall", "hang-up", "not-json", "html", "list", "no-choice", "number"],
)
def test_a_passing_fault_is_tried_again(tmp_path: Path, fault: Any, seconds: float) -> None:
    with serving(fault) as service:
        found = endpoint(service.url, tmp_path).complete([call("a")])
    assert found[0].text == "<answer>a</answer>"
    assert len(service.asked) == 2
    assert service.times[1] - service.times[0] >= seconds


def test_waits_double_up_to_the_longest(tmp_path: Path) -> None:
    with serving(*[fails(500)] * 4) as service:
        endpoint(service.url, tmp_path, attempts=5, first_wait=0.1, longest_wait=0.3).complete([call("a")])
    gaps = [b - a for a, b in zip(service.times, service.times[1:], strict=False)]
    for gap, wait in zip(gaps, (0.1, 0.2, 0.3, 0.3), strict=True):
        assert wait / 2 <= gap < wait + 0.25


def test_it_gives_up_at_last_and_keeps_what_it_has(tmp_path: Path) -> None:
    with serving() as service:
        endpoint(service.url, tmp_path).complete([call("a")])
        service.behaviours = [fails(500)] * 3
        with pytest.raises(UserError, match=r"endpoints.small: no answer after 3 attempts \(last: status 500\)"):
            endpoint(service.url, tmp_path).complete([call("a"), call("b")])
        asked = len(service.asked)
        endpoint(service.url, tmp_path).complete([call("a"), call("b")])
        assert len(service.asked) == asked + 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (fails(401), "refused the key"),
        (fails(403), "refused the key"),
        (fails(400), r"refused the request \(status 400\): .*no, said the service"),
        (fails(404), "status 404"),
        (fails(429, "insufficient_quota"), "status 429"),
    ],
)
def test_a_final_error_stops_the_run_at_once(tmp_path: Path, fault: Any, message: str) -> None:
    with serving(*[fault] * 50) as service:
        subject = endpoint(service.url, tmp_path, concurrency=2)
        with pytest.raises(UserError, match=message):
            subject.complete(calls(50))
    assert len(service.asked) <= 4
    assert subject.ledger.spent() == 0


def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    """A reasoning model that spent its tokens before writing: asking again would cost the same for nothing."""
    with serving(says(None, {"prompt_tokens": 5, "completion_tokens": 1000}, "length")) as service:
        found = endpoint(service.url, tmp_path).complete([call("a")])
    assert (found[0].text, found[0].finish_reason, len(service.asked)) == ("", "length", 1)


def test_at_most_so_many_requests_are_under_way(tmp_path: Path) -> None:
    with serving(seconds=0.05) as service:
        endpoint(service.url, tmp_path, concurrency=3).complete(calls(12))
    assert service.most_under_way == 3


def test_several_users_of_an_endpoint_take_turns(tmp_path: Path) -> None:
    with serving(seconds=0.03) as service, ThreadPoolExecutor(3) as pool:
        users = [endpoint(service.url, tmp_path, concurrency=2) for _ in range(3)]
        found = [pool.submit(user.complete, calls(6)[index::3]) for index, user in enumerate(users)]
        assert [len(one.result()) for one in found] == [2, 2, 2]
        assert service.most_under_way == 2


def test_requests_keep_to_the_rate(tmp_path: Path) -> None:
    with serving() as service:
        start = time.monotonic()
        endpoint(service.url, tmp_path, requests_per_minute=1200, concurrency=8).complete(calls(7))
    assert time.monotonic() - start >= 6 * 0.05
    assert min(b - a for a, b in zip(service.times, service.times[1:], strict=False)) > 0.02


def test_the_plan_estimates_and_counts_each_question_once(tmp_path: Path) -> None:
    subject = endpoint("http://127.0.0.1:1/v1", tmp_path, tokens_per_image=500, tokens_per_answer=200)
    plan = subject.plan(one for one in [*calls(10), *calls(10)])
    # 9 + 10 characters at 3 a token, an image and two messages
    assert (plan.new, plan.input_tokens, plan.output_tokens) == (10, 10 * (3 + 4 + 500 + 16), 2000)
    assert plan.usd == pytest.approx((5230 * 1.0 + 2000 * 10.0) / 1e6)


def test_an_estimate_above_the_cap_stops_before_the_first_request(tmp_path: Path) -> None:
    with serving() as service:
        subject = endpoint(service.url, tmp_path, spend_cap=0.1)
        with pytest.raises(UserError, match=r"endpoints.small.spend_cap: 50 requests cost about 0.58 USD"):
            subject.plan(calls(50))
        assert service.asked == []


def test_the_run_stops_at_the_cap_whatever_was_estimated(tmp_path: Path) -> None:
    costly = says("<answer>A</answer>", {"prompt_tokens": 1000, "completion_tokens": 1000})  # 0.011 USD each
    with serving(*[costly] * 100) as service:
        subject = endpoint(service.url, tmp_path, spend_cap=0.1, tokens_per_answer=1, concurrency=4)
        subject.plan(calls(30))
        with pytest.raises(UserError, match=r"endpoints.small.spend_cap: .* which passes 0.10"):
            subject.complete(calls(30))
        assert 4 <= len(service.asked) <= 9
        assert subject.ledger.spent() <= 0.1
        assert subject.ledger.spent() == pytest.approx(0.011 * len(service.asked))
        raised = endpoint(service.url, tmp_path, spend_cap=10.0)
        before = len(service.asked)
        assert len(raised.complete(calls(30))) == 30
        assert len(service.asked) == 30
        assert before < 30


def test_only_what_may_have_cost_stays_in_the_ledger(tmp_path: Path) -> None:
    with serving(fails(500), stalls, raw("{")) as service:
        subject = endpoint(service.url, tmp_path, attempts=4)
        subject.complete([call("a")])
    most = (16 + 3 + 1 + 1500 + 1000 * 10) / 1e6
    answered = (100 + 10 * 10) / 1e6
    assert subject.ledger.spent() == pytest.approx(2 * most + answered)


def test_a_damaged_answer_is_asked_again(tmp_path: Path) -> None:
    with serving() as service:
        subject = endpoint(service.url, tmp_path)
        subject.complete([call("a"), call("b")])
        first, second = (subject.cache.path(call_key(subject.config, call(text))) for text in "ab")
        first.write_text(first.read_text()[:-20])
        second.write_text(json.dumps({"key": "another", "completion": {}}))
        assert [one.text for one in subject.complete([call("a"), call("b")])] == [
            "<answer>a</answer>",
            "<answer>b</answer>",
        ]
        assert len(service.asked) == 4


def test_no_flipped_bit_changes_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every byte of a stored answer in turn: what is read is what was stored, or nothing, and that is told."""
    cache = ResponseCache(tmp_path)
    stored = Completion("<answer>B</answer>", "stop", "served", 100, 10, 0.25)
    cache.put("k" * 64, stored)
    path = cache.path("k" * 64)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        found, told = cache.get("k" * 64), capsys.readouterr().err
        assert found == stored or (found is None and f"{path}: damaged" in told), whole[at:]


def test_a_service_without_a_key(tmp_path: Path) -> None:
    with serving() as service:
        assert endpoint(service.url, tmp_path, key_variable="").complete([call("a")])[0].text == "<answer>a</answer>"
