"""An API model as an answerer: the prompt becomes one user turn, texts and images in their order."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ipt.config import Config
from ipt.datasets.segments import TextSegment
from ipt.endpoint.calls import Call, Message
from ipt.endpoint.client import Endpoint
from ipt.models.interface import Request, Response
from ipt.names import ApiBaseline


class ApiAnswerer:
    """Asks a service; what it answered before comes from the cache. Images go as they are stored, not resized."""

    def __init__(self, model_id: str, endpoint: Endpoint) -> None:
        self.model_id = model_id
        self.checkpoint_digest = endpoint.digest
        self._endpoint = endpoint

    def plan(self, requests: Iterable[Request]) -> None:
        """Say what everything that will be asked costs.

        Raises:
            UserError: more than the cap, or there is no key.
        """
        self._endpoint.plan(call_of(request) for request in requests)

    def answer(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in order."""
        found = self._endpoint.complete([call_of(request) for request in requests])
        return [Response(completion.text, seconds=completion.seconds) for completion in found]


def call_of(request: Request) -> Call:
    """The request as one user turn."""
    parts = (segment.text if isinstance(segment, TextSegment) else segment.png for segment in request.prompt)
    return Call((Message("user", tuple(parts)),), request.seed)


def load_api(config: Config, model_id: ApiBaseline) -> ApiAnswerer:
    """The API baseline called `model_id`, which the configuration names."""
    name = config.baselines.api[model_id]
    return ApiAnswerer(model_id, Endpoint(name, config.endpoints[name], Path(config.endpoint_directory)))
