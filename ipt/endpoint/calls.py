"""What is asked of a service and what comes back, and the content that one answer depends on."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from ipt.config.endpoint import EndpointConfig

CHARACTERS_PER_TOKEN = 3
"""For estimates: English has about four, so this errs upwards."""
TOKENS_PER_MESSAGE = 8


@dataclass(frozen=True)
class Message:
    """One turn. Each part is a text, or an encoded image (PNG bytes)."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | bytes, ...]


@dataclass(frozen=True)
class Call:
    """One request. `seed` tells repeated rounds of the same question apart, whether or not the service takes a seed."""

    messages: tuple[Message, ...]
    seed: int = 0


@dataclass(frozen=True)
class Completion:
    """One answer. `text` is '' where the service refused or spent its tokens before writing (see `finish_reason`)."""

    text: str
    finish_reason: str
    model: str
    """As the service named itself."""
    input_tokens: int
    output_tokens: int
    seconds: float
    """Of the attempt that succeeded."""


def body(config: EndpointConfig, call: Call) -> dict[str, Any]:
    """The request as the service takes it, images as data URLs."""
    return _body(config, call, lambda png: f"data:image/png;base64,{base64.b64encode(png).decode()}")


def call_key(config: EndpointConfig, call: Call) -> str:
    """sha256 of everything that the answer depends on: service, model, every word and pixel, limits and seed.

    How often, how fast and at what price a service is asked is not part of it.
    """
    content = _body(config, call, lambda png: hashlib.sha256(png).hexdigest())
    text = json.dumps([config.base_url, call.seed, content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _body(config: EndpointConfig, call: Call, image_url: Any) -> dict[str, Any]:
    def part(value: str | bytes) -> dict[str, Any]:
        if isinstance(value, str):
            return {"type": "text", "text": value}
        return {"type": "image_url", "image_url": {"url": image_url(value)}}

    content: dict[str, Any] = {
        "model": config.model,
        "messages": [{"role": one.role, "content": [part(value) for value in one.parts]} for one in call.messages],
        config.limit_field: config.max_output_tokens,
    }
    if config.temperature is not None:
        content["temperature"] = config.temperature
    if config.send_seed:
        content["seed"] = call.seed % 2**31
    return content | config.extra


def input_tokens(config: EndpointConfig, call: Call) -> int:
    """About how many tokens a call sends; errs upwards."""
    parts = [value for message in call.messages for value in message.parts]
    texts = [value for value in parts if isinstance(value, str)]
    words = sum(-(-len(text) // CHARACTERS_PER_TOKEN) for text in texts)
    images = len(parts) - len(texts)
    return words + images * config.tokens_per_image + TOKENS_PER_MESSAGE * len(call.messages)


def price(config: EndpointConfig, sent: int, received: int) -> float:
    """USD for so many input and output tokens."""
    return (sent * config.price_input + received * config.price_output) / 1e6
