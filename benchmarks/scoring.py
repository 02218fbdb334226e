"""How long scoring takes: `python benchmarks/scoring.py [predictions]` (default 100,000; to be 10 s or less)."""

import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from ipt.config import load_config
from ipt.datasets.files import file_digest, write_manifest, write_questions, write_table
from ipt.datasets.schema import PREDICTIONS, Question
from ipt.evaluation.score import score_predictions
from ipt.evaluation.scores_format import load_scores
from ipt.runs import parse_benchmark

SETTINGS = ("ego_dir", "path", "path_arrow")


def main(count: int) -> None:
    """Score `count` made-up pt predictions, every output a different text, and print the time."""
    words = ("chair", "sofa", "bed", "lamp")
    questions = [
        Question(
            question_id=f"q{index:06d}",
            task="pt",
            environment="primary",
            split="test",
            category=("left", "right")[index % 2],
            scene_id="s",
            scene_digest="0",
            room_type="kitchen",
            question="Which object is on your left at M1?",
            choices=words,
            answer="ABCD"[index % 4],
            object="chair",
            images={},
            imagination=b"",
            review="machine",
        )
        for index in range(count // len(SETTINGS))
    ]
    blank = dict.fromkeys(PREDICTIONS.names, "") | {"seed": 0, "inference": "answer_only"}
    rows = [
        blank
        | {"question_id": one.question_id, "input_setting": setting, "model_id": "m"}
        | {"raw_output": f"<think>{one.question_id} in {setting}: the view shows it.</think><answer>A</answer>"}
        for one in questions
        for setting in SETTINGS
    ]
    with tempfile.TemporaryDirectory() as folder:
        evaluation_set, predictions, output = (Path(folder) / name for name in ("set.parquet", "p.parquet", "s.json"))
        write_questions(evaluation_set, questions)
        write_manifest(evaluation_set, rows=len(questions), command="annotate", config_digest="")
        write_table(predictions, pa.Table.from_pylist(rows, schema=PREDICTIONS))
        parents = {str(evaluation_set): file_digest(evaluation_set)}
        write_manifest(
            predictions, rows=len(rows), command="evaluate", config_digest="", parents=parents, benchmark="pt-primary"
        )
        start = time.perf_counter()
        score_predictions(load_config("smoke"), parse_benchmark("pt-primary"), predictions, evaluation_set, output)
        seconds = time.perf_counter() - start
        accuracy = load_scores(output).modes["answer_only"].micro.value
    print(f"{len(rows)} predictions scored in {seconds:.2f} s (accuracy {accuracy:.3f}, expected 0.25)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
