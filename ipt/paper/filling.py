"""What fills a row and column of the paper's result tables at a given scale: the rule behind the DAG's set of runs."""

from collections.abc import Callable

from ipt.config import Config
from ipt.errors import UserError
from ipt.names import (
    ALL_INFERENCES,
    API_BASELINES,
    BASELINE_TITLES,
    TASKS,
    Environment,
    Inference,
    Supervision,
    Task,
)
from ipt.paper.cells import (
    HEADLINE,
    Cell,
    Column,
    Filling,
    Head,
    NotRun,
    Row,
    ScoreRequest,
    benchmark_phrase,
    setting_aggregate,
)
from ipt.paper.reported import reported_table
from ipt.runs import IMAGE_SUPERVISIONS, Run, parse_benchmark

TRAINED_MODEL = "BAGEL-7B-MoT"
BASELINES = {title: model_id for model_id, title in BASELINE_TITLES.items()}
"""Model id of each of others' models, by the name in the paper's tables."""

NO_KEY = NotRun("no key: baselines.api does not name it")
NO_WEIGHTS = NotRun("no weights: baselines.hub does not name it")
EXTERNAL_SET = NotRun("external set not at hand at this scale")
DISCRETE_TOKENS = NotRun("discrete image tokens are not run at this scale")
BELOW_ONE_TOKEN = NotRun("below one latent token at this scale")
LATENT_NOT_TRAINED = NotRun("latent size not trained at this scale")
NO_DIFFERENT_ENVIRONMENT = NotRun("the different environment is not run at this scale")

BEST_OF_MODES: tuple[Inference, ...] = ("answer_only", "with_thought")
"""Modes whose maximum the paper's main, pt and transfer tables take (paper 5)."""

COLUMN_TITLES = {
    "pet/ai2thor": "Perspective Taking, AI2-THOR",
    "pt/ai2thor": "Path Tracing, AI2-THOR",
    "mvc/ai2thor": "Multiview Counting, AI2-THOR",
    "pet/habitat": "Perspective Taking, Habitat",
    "pt/real": "Path Tracing, real",
    "pt/ai2thor/ego_dir": "Path Tracing (EgoDir), AI2-THOR",
    "pt/ai2thor/path": "Path Tracing (path), AI2-THOR",
    "pt/ai2thor/path_arrow": "Path Tracing (path + arrow), AI2-THOR",
    "pt/real/path": "Path Tracing (path), real",
    "pt/real/path_arrow": "Path Tracing (path + arrow), real",
    "pet/sat": "SAT (perspective)",
    "mvc/messytable": "MessyTable",
    "scannet": "ScanNet",
    "mindcube": "MindCube",
    "all_angles": "All-Angles",
    "pt": "Path Tracing",
    "pet": "Perspective Taking",
}
EXTERNAL_COLUMNS = ("pet/sat", "mvc/messytable", "scannet", "mindcube", "all_angles")
_ENVIRONMENTS: dict[str, Environment] = {"ai2thor": "primary", "habitat": "different", "real": "different"}


def benchmark_of(column: str) -> tuple[str, str] | None:
    """(benchmark id, aggregate) of ours behind a column of the paper, or None for an external set.

    Habitat and the real images of the paper are our `different` environment; the column head says what it is.
    """
    parts = column.split("/")
    if column in EXTERNAL_COLUMNS or len(parts) < 2:
        return None
    aggregate = setting_aggregate(parts[2]) if len(parts) == 3 else HEADLINE
    return f"{parts[0]}-{_ENVIRONMENTS[parts[1]]}", aggregate


def columns_of(config: Config, table_id: str) -> list[Column]:
    """The columns of a result table, in the paper's order."""
    keys = dict.fromkeys(cell.column for cell in reported_table(table_id))
    return [Column(key, COLUMN_TITLES[key], _behind(config, key)) for key in keys]


def _behind(config: Config, column: str) -> str:
    place = benchmark_of(column)
    if place is None or parse_benchmark(place[0]).environment not in config.paper.environments:
        return ""
    return benchmark_phrase(config, place[0])


def reported_cells(config: Config, table_id: str) -> list[Cell]:
    """Every cell that the paper reports in a table, with what fills it here."""
    return [
        Cell(
            table_id,
            Row(cell.group, cell.head),
            cell.column,
            cell.value,
            fill(config, cell.model, cell.training, cell.inference, cell.column),
        )
        for cell in reported_table(table_id)
    ]


def fill(config: Config, model: str, training: str, inference: str, column: str) -> Filling:
    """What fills the paper's cell (`model`, `training`, `inference`) x `column`.

    Raises:
        UserError: a model or a training that no rule here knows; names it.
    """
    if model in BASELINES and training != "zero_shot":
        return DISCRETE_TOKENS
    if model in BASELINES:
        return _filling_of_baseline(config, BASELINES[model], inference, column)
    if model != TRAINED_MODEL:
        raise UserError(f"reported_results.csv: model: {model!r} is not known to ipt.paper.filling; add it there")
    place = benchmark_of(column)
    if place is None:
        return EXTERNAL_SET
    benchmark = parse_benchmark(place[0])
    if benchmark.environment not in config.paper.environments:
        return NO_DIFFERENT_ENVIRONMENT
    modes = modes_of(config, inference)
    if not modes:
        return NotRun(f"{inference} is not run at this scale")
    supervision, latent = _training_of(training)
    if supervision in IMAGE_SUPERVISIONS:
        if config.model.latent_output_size(latent) == 0:
            return BELOW_ONE_TOKEN
        if latent not in config.paper.latent_sizes:
            return LATENT_NOT_TRAINED
    runs = runs_of(config, benchmark.task, supervision, latent)
    return ScoreRequest(place[0], modes, runs, aggregate=place[1])


def against_training(training: str) -> Callable[[Head], Head | None]:
    """Tests each other training of our model against `training`, asked in the same way."""

    def reference(head: Head) -> Head | None:
        model, own, inference = head
        return (model, training, inference) if model == TRAINED_MODEL and own != training else None

    return reference


def against_inference(inference: Inference) -> Callable[[Head], Head | None]:
    """Tests each other inference mode of the same training against `inference`."""

    def reference(head: Head) -> Head | None:
        model, training, own = head
        return (model, training, inference) if model == TRAINED_MODEL and own != inference else None

    return reference


def modes_of(config: Config, inference: str) -> tuple[Inference, ...]:
    """The inference modes behind the paper's word for them, as far as this scale runs them."""
    wanted = BEST_OF_MODES if inference == "best_of_modes" else (inference,)
    return tuple(mode for mode in config.paper.inferences if mode in wanted)


def runs_of(config: Config, task: Task, supervision: Supervision, latent: int = 64) -> tuple[Run, ...]:
    """The runs behind a row: one a seed. Released weights exist once, so `base` from the hub has one seed."""
    seeds = config.training.seeds
    if supervision == "base" and config.model.source == "hub":
        seeds = seeds[:1]
    return tuple(Run(task, supervision, seed, latent) for seed in seeds)


def _filling_of_baseline(config: Config, model_id: str, inference: str, column: str) -> Filling:
    """A model of others, asked as its table says; the discrete tables' `pt` and `pet` are our primary benchmarks."""
    place = (f"{column}-primary", HEADLINE) if column in TASKS else benchmark_of(column)
    if place is None:
        return EXTERNAL_SET
    imported = config.imported_for(place[0], model_id)
    is_asked = model_id in config.baselines.hub or model_id in config.baselines.api
    if inference not in imported.files if imported else not is_asked:
        return NO_KEY if model_id in API_BASELINES else NO_WEIGHTS
    if parse_benchmark(place[0]).environment not in config.paper.environments:
        return NO_DIFFERENT_ENVIRONMENT
    modes = tuple(mode for mode in ALL_INFERENCES if mode == inference)
    return ScoreRequest(place[0], modes, outside=model_id, aggregate=place[1])


def _training_of(training: str) -> tuple[Supervision, int]:
    """Supervision and Latent size of the paper's word for a training, e.g. `ipt/latent_16`."""
    name, _, variant = training.removeprefix("mvc_").partition("/")
    latent = int(variant.removeprefix("latent_")) if variant else 64
    for supervision in ("base", "label_only", "text_cot", "ipt", "mixed"):
        if name == supervision:
            return supervision, latent
    raise UserError(f"reported_results.csv: training: {training!r} is not known to ipt.paper.filling; add it there")
