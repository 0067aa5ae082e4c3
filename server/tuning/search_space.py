"""Which settings of each kind of model are tried, and how far one trial trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.run_settings import ModelName, ModelSettings

if TYPE_CHECKING:
    from optuna.trial import Trial

Changes = dict[str, str | int | float]

HIDDEN: dict[str, list[int]] = {
    "none": [],
    "16": [16],
    "32": [32],
    "64": [64],
    "64 and 32": [64, 32],
}
COLUMN_SHARES: dict[str, str | float] = {"sqrt": "sqrt", "0.3": 0.3, "0.5": 0.5, "0.8": 0.8}


def suggest(trial: Trial, kind: ModelName) -> Changes:
    """Draw the settings of one trial."""
    return {
        "neural_network": suggest_network,
        "boosted_trees": suggest_boosting,
        "random_forest": suggest_forest,
    }[kind](trial)


def suggest_network(trial: Trial) -> Changes:
    """Draw width, regularisation and step."""
    return {
        "hidden": trial.suggest_categorical("hidden", list(HIDDEN)),
        "l2_regularisation": trial.suggest_float("l2_regularisation", 0.3, 100, log=True),
        "dropout": trial.suggest_float("dropout", 0, 0.5),
        "server_learning_rate": trial.suggest_float("server_learning_rate", 0.005, 0.06, log=True),
    }


def suggest_boosting(trial: Trial) -> Changes:
    """Draw step, depth, regularisation and sampling."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
        "maximum_depth": trial.suggest_int("maximum_depth", 1, 6),
        "minimum_child_weight": trial.suggest_float("minimum_child_weight", 0.5, 10, log=True),
        "l2_regularisation": trial.suggest_float("l2_regularisation", 0.1, 10, log=True),
        "row_share": trial.suggest_float("row_share", 0.5, 1),
        "column_share": trial.suggest_float("column_share", 0.4, 1),
    }


def suggest_forest(trial: Trial) -> Changes:
    """Draw depth, leaf size and columns."""
    return {
        "maximum_depth": trial.suggest_int("maximum_depth", 3, 16),
        "minimum_leaf_rows": trial.suggest_int("minimum_leaf_rows", 1, 12),
        "column_share": trial.suggest_categorical("column_share", list(COLUMN_SHARES)),
    }


def defaults(settings: ModelSettings) -> Changes:
    """Return where a run's own settings lie in the search space: the first trial.

    What lies outside is left to the sampler.
    """
    if isinstance(settings, NeuralNetworkSettings):
        names = {tuple(widths): name for name, widths in HIDDEN.items()}
        hidden = names.get(tuple(settings.hidden))
        inside: dict[str, Any] = {
            "l2_regularisation": settings.l2_regularisation,
            "dropout": settings.dropout,
            "server_learning_rate": settings.server_learning_rate,
        }
        return {**inside, "hidden": hidden} if hidden else inside
    if isinstance(settings, BoostedTreesSettings):
        names_of = ("learning_rate", "maximum_depth", "minimum_child_weight", "l2_regularisation")
        return {name: getattr(settings, name) for name in (*names_of, "row_share", "column_share")}
    return {
        "maximum_depth": settings.maximum_depth,
        "minimum_leaf_rows": settings.minimum_leaf_rows,
        "column_share": str(settings.column_share),
    }


def changed(settings: ModelSettings, changes: Changes) -> ModelSettings:
    """Return settings with a trial's changes."""
    values: dict[str, Any] = dict(changes)
    if isinstance(settings, NeuralNetworkSettings) and "hidden" in values:
        values["hidden"] = HIDDEN[values["hidden"]]
        if settings.transfer.start_from:
            # The network to start from has the widths it has.
            del values["hidden"]
    if isinstance(settings, RandomForestSettings) and "column_share" in values:
        values["column_share"] = COLUMN_SHARES[values["column_share"]]
    return type(settings).model_validate({**settings.model_dump(), **values})


def shortened(settings: ModelSettings, share: float) -> ModelSettings:
    """Return settings of training for a share of the way."""
    if isinstance(settings, NeuralNetworkSettings):
        least = settings.transfer.pretraining_rounds + 1
        return settings.model_copy(update={"rounds": max(least, round(settings.rounds * share))})
    if isinstance(settings, RandomForestSettings):
        return settings.model_copy(update={"trees": at_least_one(settings.trees * share)})
    if settings.method == "bagging":
        return settings.model_copy(update={"rounds": at_least_one(settings.rounds * share)})
    iterations = at_least_one(settings.iterations * share)
    return settings.model_copy(update={"rounds": 1, "trees_per_round": iterations})


def goes_on(settings: ModelSettings) -> bool:
    """Return whether a longer training begins with what a shorter one left."""
    return not isinstance(settings, RandomForestSettings)


def at_least_one(number: float) -> int:
    """Round, to one at least."""
    return max(1, round(number))
