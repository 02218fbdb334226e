"""A vision model looks at the map alone: are the waypoints walkable, is each object there, on the side that was said?

What it writes is read as yes or no; anything else confirms nothing (paper 2.2, TIFA on the map of the real benchmark).
"""

import re
from collections.abc import Sequence
from typing import Protocol

from ipt.endpoint.calls import Call, Message
from ipt.endpoint.client import Endpoint
from ipt.seeding import content_seed
from ipt.tasks.naming import with_article
from ipt.tasks.sideviews import Side

SYSTEM = (
    "You check pictures of rooms taken from above. Judge only by what the picture shows. Reply with yes or no alone."
)
WALKABLE = "Could a person stand on the floor at each of the points 1, M and 2 that are marked? Answer yes or no."
VISIBLE = "Is {object} visible in this picture, at least in part? Answer yes or no."
ON_SIDE = "Someone walks along the line from 1 to 2. At the point M, is {object} on the {side}? Answer yes or no."


class MapJudge(Protocol):
    """Confirms what an annotator says of a map."""

    def confirmed(self, drawn: bytes, objects: dict[Side, tuple[str, ...]]) -> dict[Side, tuple[str, ...]] | None:
        """The objects that it sees on the side they are said to be on; None where a waypoint is not walkable.

        Args:
            drawn: the map with the path, PNG.
            objects: side -> names.
        """
        ...


class EndpointMapJudge:
    """Asks a model behind a service (`endpoints`)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def confirmed(self, drawn: bytes, objects: dict[Side, tuple[str, ...]]) -> dict[Side, tuple[str, ...]] | None:
        """As the protocol says. The objects are asked for only where the path can be walked."""
        if not self._says_yes(drawn, [WALKABLE])[0]:
            return None
        found: dict[Side, tuple[str, ...]] = {}
        for side, names in objects.items():
            asked = [VISIBLE.format(object=with_article(name)) for name in names]
            asked += [ON_SIDE.format(object=with_article(name), side=side) for name in names]
            said = self._says_yes(drawn, asked)
            found[side] = tuple(name for i, name in enumerate(names) if said[i] and said[i + len(names)])
        return found

    def _says_yes(self, drawn: bytes, questions: Sequence[str]) -> list[bool]:
        calls = [
            Call((Message("system", (SYSTEM,)), Message("user", (drawn, question))), content_seed("map", question))
            for question in questions
        ]
        self._endpoint.plan(calls)
        return [re.match(r"\W*yes\b", done.text, re.IGNORECASE) is not None for done in self._endpoint.complete(calls)]
