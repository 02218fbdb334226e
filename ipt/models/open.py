"""The one place that turns a model's name into an answerer. Heavy libraries are imported for the model asked for."""

from typing import TYPE_CHECKING

from ipt.config import Config
from ipt.errors import UserError
from ipt.models.baselines.catalog import is_baseline
from ipt.names import Task
from ipt.runs import BLIND_MODELS, RELEASED, Layout, released_name

if TYPE_CHECKING:
    from ipt.models.interface import Answerer


def open_answerer(config: Config, layout: Layout, model_id: str, task: Task) -> "Answerer":
    """The model called `model_id`: blind baselines learn from the text of the training set of `task`, runs load their
    checkpoint, models of others are opened as the configuration says.

    Raises:
        UserError: the configuration does not name the baseline, or its weights or key are not there; or no revision is
            pinned of a released checkpoint.
    """
    if model_id in BLIND_MODELS:
        from ipt.models.blind import load_blind

        return load_blind(model_id, config, layout.curated(task, "primary", "train"))
    for hub in config.baselines.hub:
        if hub == model_id:
            from ipt.models.baselines.hub import load_hub

            return load_hub(config, hub)
    for api in config.baselines.api:
        if api == model_id:
            from ipt.models.baselines.api import load_api

            return load_api(config, api)
    if is_baseline(model_id):
        raise UserError(f"{model_id}: scale {config.scale} does not run it; name it in baselines.hub or baselines.api")
    if model_id in RELEASED:
        from ipt.models.hub import folder_of

        folder_of(config.weights, released_name(model_id))
    from ipt.models.bagel.answerer import load_answerer

    return load_answerer(layout.model(model_id).parent, config)
