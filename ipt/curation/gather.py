"""Sets made of the user's own copies of real data: which exist, and how one is written.

    paths       path tracing on pictures of real rooms from above    -> questions of ours
    messytable  counting around a table                              -> questions of ours
    scannet     counting in scanned rooms                            -> questions of ours
    motion      pairs of views with the motion between them          -> rows of the released set

The data is never downloaded: each set has its own licence. A folder that is not there, or lacks a file, is named with
what belongs in it.
"""

from collections.abc import Iterator
from pathlib import Path

from ipt.config import Config
from ipt.datasets.files import write_manifest, write_questions
from ipt.datasets.schema import Question
from ipt.endpoint.client import Endpoint
from ipt.errors import UserError
from ipt.names import Split
from ipt.tasks.interface import Yields

SOURCES = {
    "paths": "pictures of real rooms from above and paths.jsonl",
    "messytable": "MessyTable: labels/, images/ and names.json",
    "scannet": "ScanNet++: a folder a scan, with scans/ and dslr/",
    "motion": "pairs of views and pairs.jsonl",
}
"""Name -> what its folder holds."""


def gather(config: Config, source: str, folder: Path, split: Split, output: Path) -> Yields:
    """Make a set of `folder` and write it to `output` (Parquet) with its manifest, which tells what filters removed.

    Raises:
        UserError: no such source; the folder or a file is missing or wrong; or nothing is left, and which filter
            removed most.
    """
    if source not in SOURCES:
        raise UserError(f"{source}: not a source; known: {', '.join(SOURCES)}")
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; it should hold {SOURCES[source]}")
    yields = Yields()
    if source == "motion":
        rows, written = _write_motion(folder, output, yields)
    else:
        rows, written = write_questions(output, _counted(_questions(config, source, folder, split, yields))), output
    if not rows:
        written.unlink()
        raise UserError(f"{folder}: nothing is left; removed: {yields.worst()}")
    yields.add("kept", rows)
    write_manifest(
        written,
        rows=rows,
        command=f"gather {source} {split}",
        config_digest=config.digest("seed", f"real.{_SECTIONS[source]}" if source in _SECTIONS else "seed"),
        yields=dict(sorted(yields.counts.items())),
    )
    return yields


_SECTIONS = {"paths": "pt", "messytable": "messytable", "scannet": "scannet"}


def _questions(config: Config, source: str, folder: Path, split: Split, yields: Yields) -> Iterator[Question]:
    if source == "paths":
        from ipt.tasks.real.map_judge import EndpointMapJudge
        from ipt.tasks.real.rooms import room_questions

        endpoint = _endpoint(config, "real.pt.judge", config.real.pt.judge)
        if endpoint is None:
            yields.add("judge_not_asked")
        return room_questions(config, folder, yields, EndpointMapJudge(endpoint) if endpoint else None)
    if source == "messytable":
        from ipt.tasks.real.messytable import messytable_questions

        return messytable_questions(config, folder, split, yields)
    from ipt.tasks.real.blind_count import EndpointCounter
    from ipt.tasks.real.scannet import scannet_questions

    endpoint = _endpoint(config, "real.scannet.judge", config.real.scannet.judge)
    return scannet_questions(config, folder, split, yields, EndpointCounter(endpoint) if endpoint else None)


def _counted(questions: Iterator[Question]) -> Iterator[Question]:
    """As they come, each id once."""
    seen: set[str] = set()
    for question in questions:
        if question.question_id in seen:
            raise UserError(f"{question.question_id}: made twice; two scenes have the same name")
        seen.add(question.question_id)
        yield question


def _endpoint(config: Config, field: str, name: str) -> Endpoint | None:
    if not name:
        return None
    if name not in config.endpoints:
        raise UserError(f"{field}: {name} is not described under endpoints")
    return Endpoint(name, config.endpoints[name], Path(config.endpoint_directory))


def _write_motion(folder: Path, output: Path, yields: Yields) -> tuple[int, Path]:
    from ipt.curation.motion_pairs import motion_rows
    from ipt.datasets.released.columns import PET_REAL
    from ipt.datasets.released.parquet import ShardWriter

    rows = 0
    with ShardWriter(output.parent, f".{output.name}", PET_REAL, file_bytes=2**62) as writer:
        for rows, row in enumerate(motion_rows(folder, yields), start=1):
            writer.write(row, f"{folder}: pair {rows}")
    return rows, writer.paths[0].replace(output)
