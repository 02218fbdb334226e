"""The rows that stages exchange, as Arrow schemas with a version.

A question is stored once, with every image that any input setting shows; images are encoded PNG bytes. Metadata that
only later stages of the same task read (poses, boxes, counts) is one JSON string, so that a new task needs no new
schema.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = 1

IMAGE = pa.struct([("role", pa.string()), ("png", pa.binary())])

QUESTIONS = pa.schema(
    [
        ("question_id", pa.string()),
        ("task", pa.string()),
        ("environment", pa.string()),
        ("split", pa.string()),
        ("category", pa.string()),
        ("scene_id", pa.string()),
        ("scene_digest", pa.string()),
        ("room_type", pa.string()),
        ("question", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("answer", pa.string()),
        ("object", pa.string()),
        ("images", pa.list_(IMAGE)),
        ("imagination", pa.binary()),
        ("think_text", pa.string()),
        ("text_cot", pa.string()),
        ("review", pa.string()),
        ("metadata", pa.string()),
    ],
    metadata={"ipt_schema": f"questions/{SCHEMA_VERSION}"},
)

PREDICTIONS_VERSION = 2
"""2: generated images moved to a file of their own (`ipt.evaluation.sidecars`)."""
PREDICTIONS = pa.schema(
    [
        ("question_id", pa.string()),
        ("model_id", pa.string()),
        ("checkpoint_digest", pa.string()),
        ("inference", pa.string()),
        ("input_setting", pa.string()),
        ("prompt", pa.string()),
        ("prompt_digest", pa.string()),
        ("seed", pa.int64()),
        ("raw_output", pa.string()),
        ("extracted", pa.string()),
        ("parse_path", pa.string()),
    ],
    metadata={"ipt_schema": f"predictions/{PREDICTIONS_VERSION}"},
)


@dataclass(frozen=True)
class Question:
    """One question with all its images.

    `answer` is a letter into `choices` (A is the first). `images` maps a role (see `ipt.names.INPUT_SETTINGS`) to PNG
    bytes, in order. `imagination` is the true imagined image (PNG). `think_text` is the short text before the image in
    `ipt` supervision, `text_cot` the whole reasoning of `text_cot`; both are empty before curation. `review` says who
    accepted the question: empty before the annotate stage, then `machine` or `people`.
    """

    question_id: str
    task: str
    environment: str
    split: str
    category: str
    scene_id: str
    scene_digest: str
    room_type: str
    question: str
    choices: tuple[str, ...]
    answer: str
    object: str
    images: dict[str, bytes]
    imagination: bytes
    think_text: str = ""
    text_cot: str = ""
    review: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_row(self) -> dict[str, Any]:
        """The row as stored."""
        row = asdict(self)
        row["choices"] = list(self.choices)
        row["images"] = [{"role": role, "png": png} for role, png in self.images.items()]
        row["metadata"] = json.dumps(self.metadata, sort_keys=True, separators=(",", ":"))
        return row

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Question":
        """The question of a stored row."""
        values = dict(row)
        values["choices"] = tuple(row["choices"])
        values["images"] = {image["role"]: image["png"] for image in row["images"]}
        values["metadata"] = json.loads(row["metadata"])
        return cls(**values)
