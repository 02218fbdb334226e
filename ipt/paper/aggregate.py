"""From score files to one table cell and its trace. How seeds and modes are combined is `ipt.evaluation.combine`."""

from pathlib import Path

from ipt.datasets.files import file_digest
from ipt.errors import UserError
from ipt.evaluation.combine import Combined, best_of_modes, estimate
from ipt.evaluation.scores_format import Scores, load_scores
from ipt.paper.cells import HEADLINE, ScoreRequest
from ipt.paper.records import CellRecord, Measured, Source
from ipt.runs import Layout


class ScoreReader:
    """Reads each score file once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._read: dict[Path, tuple[Scores, str]] = {}

    def scores(self, benchmark_id: str, model_id: str) -> tuple[Scores, str]:
        """The scores and the sha256 of their file.

        Raises:
            UserError: the file is missing or damaged, or is about another model or benchmark; names it.
        """
        path = self.layout.scores(benchmark_id, model_id)
        if path not in self._read:
            scores = load_scores(path)
            for field, found, expected in (
                ("benchmark", scores.benchmark, benchmark_id),
                ("model_id", scores.model_id, model_id),
            ):
                if found != expected:
                    raise UserError(f"{path}: {field}: is {found}, expected {expected}; delete it and run again")
            self._read[path] = scores, file_digest(path)
        return self._read[path]

    def fill(self, request: ScoreRequest, column: str, reported: str) -> CellRecord:
        """The cell of a request.

        Raises:
            UserError: a score file is missing, lacks a mode or an input setting, or was made on another evaluation set
                than the other seeds'; names it.
        """
        read = [self.scores(request.benchmark_id, model_id) for model_id in request.model_ids]
        seeds = [scores for scores, _ in read]
        for scores in seeds:
            self._check(scores, request)
        best, combined = best_of_modes(seeds, request.inferences, setting_of(request))
        modes: dict[str, Measured] = {mode: _measured(found) for mode, found in combined.items()}
        sources = tuple(
            Source(
                model_id=scores.model_id,
                seed=request.runs[index].seed if request.runs else None,
                score_file=self.layout.scores(request.benchmark_id, scores.model_id)
                .relative_to(self.layout.root)
                .as_posix(),
                score_sha256=digest,
                predictions_sha256=scores.provenance.predictions_sha256,
                evaluation_set_sha256=scores.provenance.evaluation_set_sha256,
                checkpoint_digest=scores.provenance.checkpoint_digest,
                config_digest=scores.provenance.config_digest,
                command=scores.provenance.command,
                values={mode: combined[mode].values[index] for mode in request.inferences},
            )
            for index, (scores, digest) in enumerate(read)
        )
        return CellRecord(column, "score", reported, "", modes[best], best, modes, seeds[0].review, sources)

    def _check(self, scores: Scores, request: ScoreRequest) -> None:
        """Refuse scores that lack a mode or a setting of the request, naming the file."""
        try:
            for mode in request.inferences:
                estimate(scores, mode, setting_of(request))
        except UserError as error:
            raise UserError(f"{self.layout.scores(request.benchmark_id, scores.model_id)}: {error}") from None


def setting_of(request: ScoreRequest) -> str:
    """The input setting that a request is about; '' for the headline."""
    return "" if request.aggregate == HEADLINE else request.aggregate.removeprefix("setting:")


def _measured(found: Combined) -> Measured:
    return Measured(found.mean, found.low, found.high, found.n, found.method, found.deviation)
