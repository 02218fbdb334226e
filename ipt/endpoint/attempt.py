"""One attempt at one request: the answer, or a passing fault worth another attempt, or an error that is final."""

import time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ipt.endpoint.calls import Completion
from ipt.errors import UserError

if TYPE_CHECKING:
    import openai

FINAL_CODES = {"insufficient_quota", "billing_hard_limit_reached"}
"""Sent with status 429 by a service that will not answer however long one waits."""
SHOWN = 200
"""Most characters of a service's message that an error repeats."""


class PassingError(Exception):
    """Worth another attempt. `after`: seconds that the service asks to wait; `billed`: whether it may cost."""

    def __init__(self, problem: str, *, after: float = 0.0, billed: bool = False) -> None:
        super().__init__(problem)
        self.after = after
        self.billed = billed


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Reply(BaseModel):
    """The fields of a reply that are used; the others may be anything."""

    model: str = ""
    choices: list[_Choice]
    usage: _Usage | None = None


def attempt(client: "openai.OpenAI", body: dict[str, Any], name: str) -> tuple[Completion, bool]:
    """Send `body` once; the answer, and whether the service said how many tokens it cost.

    Raises:
        PassingError: stalled, unreachable, too often, at fault itself, or the reply is not one.
        UserError: refused for good; `name` is the configuration field that it names.
    """
    import openai

    start = time.monotonic()
    try:
        raw = client.chat.completions.with_raw_response.create(**_known(body))
        text = raw.http_response.text
    except openai.APITimeoutError:
        raise PassingError("no reply in time", billed=True) from None
    except openai.APIConnectionError as error:
        raise PassingError(f"not reached ({error.__cause__ or error})") from None
    except openai.APIStatusError as error:
        raise _of_status(error, name, client.api_key) from None
    try:
        reply = _Reply.model_validate_json(text)
    except ValidationError as error:
        raise PassingError(f"malformed reply: {error.errors()[0]['msg']}", billed=True) from None
    if not reply.choices:
        raise PassingError("malformed reply: no choices", billed=True)
    usage = reply.usage or _Usage(prompt_tokens=0, completion_tokens=0)
    completion = Completion(
        text=reply.choices[0].message.content or "",
        finish_reason=reply.choices[0].finish_reason or "",
        model=reply.model,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        seconds=round(time.monotonic() - start, 3),
    )
    return completion, reply.usage is not None


def _known(body: dict[str, Any]) -> dict[str, Any]:
    """The fields that the library names, and the rest as its `extra_body`."""
    named = {"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "seed"}
    return {key: body[key] for key in body if key in named} | {
        "extra_body": {key: body[key] for key in body if key not in named}
    }


def _of_status(error: "openai.APIStatusError", name: str, key: str) -> Exception:
    said = " ".join(error.message.replace(key, "(the key)").split())[:SHOWN]  # a service may repeat what it was sent
    passing = error.status_code in (408, 409, 429) or error.status_code >= 500
    if passing and error.code not in FINAL_CODES:
        return PassingError(f"status {error.status_code}", after=_retry_after(error))
    if error.status_code in (401, 403):
        return UserError(f"{name}: the service refused the key (status {error.status_code}); check {name}.key_variable")
    return UserError(f"{name}: the service refused the request (status {error.status_code}): {said}")


def _retry_after(error: "openai.APIStatusError") -> float:
    """Seconds that the service asks to wait; 0 where it does not say (or gives a date)."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0
