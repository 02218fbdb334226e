"""A model behind an OpenAI-compatible service: where it is, what it costs and how hard it may be asked."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ipt.config.section import Positive, Section

NonNegative = Annotated[float, Field(ge=0)]
Above = Annotated[float, Field(gt=0)]


class EndpointConfig(Section):
    """One model of one service. Prices and the cap have no default: who pays states them."""

    model: str = Field(min_length=1, description="the service's name of the model; a dated one does not change")
    base_url: str = "https://api.openai.com/v1"
    key_variable: str = Field(
        "OPENAI_API_KEY", description="environment variable that holds the key; empty: the service takes none"
    )
    price_input: NonNegative = Field(description="USD for a million input tokens")
    price_output: NonNegative = Field(description="USD for a million output tokens, reasoning included")
    spend_cap: NonNegative = Field(description="most USD that this endpoint may ever cost, over all runs")
    concurrency: Positive = Field(4, description="requests under way at once")
    requests_per_minute: Above = 60.0
    tokens_per_minute: Above | None = Field(None, description="input and output together; null: no such limit")
    timeout: Above = Field(300.0, description="seconds without a byte after which a request counts as stalled")
    attempts: Positive = Field(6, description="how often a request is sent before the run stops")
    first_wait: Above = Field(1.0, description="seconds before the second attempt; doubles with each further one")
    longest_wait: Above = Field(60.0, description="most seconds between attempts, unless the service asks for more")
    max_output_tokens: Positive = 4096
    limit_field: Literal["max_completion_tokens", "max_tokens"] = Field(
        "max_completion_tokens", description="how the service calls the limit on output tokens"
    )
    temperature: float | None = Field(None, description="null: not sent (reasoning models refuse it)")
    send_seed: bool = Field(False, description="whether the service takes `seed`")
    extra: dict[str, Any] = Field({}, description="further fields of the request, e.g. reasoning_effort")
    tokens_per_image: Positive = Field(1500, description="for the estimate: input tokens of one image")
    tokens_per_answer: Positive = Field(1000, description="for the estimate: output tokens of one answer")
