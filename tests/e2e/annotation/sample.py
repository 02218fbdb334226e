"""Small evaluation sets with pictures that differ, written where a `ReviewSet` reads them."""

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from ipt.annotation.sets import ReviewSet
from ipt.config import Config
from ipt.datasets.files import write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.names import INPUT_SETTINGS
from ipt.runs import Layout, parse_benchmark

CHOICES = {
    "pet": ("left", "right"),
    "pt": ("bed", "dresser", "fridge", "house plant"),
    "mvc": ("1", "2", "3", "4"),
}


class SampleLayout(Layout):
    """Decisions below the test's folder too."""

    def decisions(self, benchmark_id: str) -> Path:
        return self.root / "decisions" / f"{benchmark_id}.jsonl"


def picture(text: str, size: tuple[int, int] = (96, 72)) -> bytes:
    shade = sum(text.encode()) % 160 + 60
    image = Image.new("RGB", size, (shade, 255 - shade, 120))
    ImageDraw.Draw(image).text((4, 4), text, fill=(0, 0, 0))
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


def question(benchmark: str, number: int, text: str = "", split: str = "test") -> Question:
    chosen = parse_benchmark(benchmark)
    roles = dict.fromkeys(role for setting in chosen.input_settings for role in INPUT_SETTINGS[chosen.task][setting])
    name = f"{benchmark}-{split}-{number:05d}-000"
    choices = CHOICES[chosen.task]
    return Question(
        question_id=name,
        task=chosen.task,
        environment=chosen.environment,
        split=split,
        category="left",
        scene_id=f"scene-{number}",
        scene_digest="0",
        room_type="kitchen",
        question=text or f"[{name}] Where is the sofa?",
        choices=choices,
        answer="ABCD"[number % len(choices)],
        object="sofa",
        images={role: picture(f"{name} {role}") for role in roles},
        imagination=picture(f"{name} imagined"),
        metadata={"side": "left", "visible_side": ["Sofa", "FloorLamp"], "turn": "left"},
    )


def write_set(chosen: ReviewSet, questions: list[Question]) -> None:
    write_questions(chosen.curated, questions)
    write_manifest(chosen.curated, rows=len(questions), command="curate", config_digest="0")


def make_set(folder: Path, scale: str, benchmark: str, count: int, **settings: Any) -> ReviewSet:
    """A set without honeypots, unless `settings` of the annotation section say otherwise."""
    config = Config.model_validate({"scale": scale, "annotation": {"honeypot_share": 0.0} | settings})
    chosen = ReviewSet(config, parse_benchmark(benchmark), SampleLayout(config, folder / "results"))
    write_set(chosen, [question(benchmark, number) for number in range(count)])
    return ReviewSet(config, chosen.benchmark, chosen.layout)
