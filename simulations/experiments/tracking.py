"""Repetitions in MLflow, beside the table that holds the same figures."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from simulations.experiments.repetition import LOSS, OVERALL, RECALL
from simulations.experiments.scenario import Scenario

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient

NOWHERE = "none"
# Says which repetition a run of MLflow is, so that none is written twice.
TAG = "juntos.repetition"
METRICS_AT_ONCE = 1000


def track(scenario: Scenario, table: pd.DataFrame, out: Path) -> None:
    """Write each repetition that MLflow does not have yet, one run per point, seed and model."""
    if scenario.mlflow == NOWHERE:
        return
    import mlflow.tracking  # sets its logger when it is first imported

    # What MLflow does to its own database is nobody's news.
    logging.getLogger(mlflow.tracking.__name__.partition(".")[0]).setLevel(logging.WARNING)
    from server.tracking import Tracker

    url = scenario.mlflow or f"sqlite:///{(out / 'mlflow.db').resolve()}"
    tracker = Tracker(url, (out / "artifacts").resolve(), scenario.name)
    known = _known(tracker.client, tracker.experiment)
    keys = ["variant", *scenario.grid, "seed", "model"]
    for key, rows in table.groupby(keys, sort=False, dropna=False):
        parameters = dict(zip(keys, key, strict=True))
        figures = _figures(rows)
        tag = _tag(parameters, figures)
        if tag not in known:
            _write(tracker.client, tracker.experiment, parameters, figures, tag)


def _known(client: MlflowClient, experiment: str) -> set[str]:
    token, found = "", set()
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token or None)
        found |= {str(run.data.tags.get(TAG)) for run in page}
        token = page.token
        if not token:
            return found


def _tag(parameters: dict[str, object], figures: list[tuple[str, float, int]]) -> str:
    return hashlib.sha256(repr((parameters, figures)).encode()).hexdigest()


def _figures(rows: pd.DataFrame) -> list[tuple[str, float, int]]:
    """Return name, value and step of each figure over all hospitals, and of each hospital's."""
    found = []
    for row in rows[rows["value"].notna()].to_dict("records"):
        name, step = f"{row['trained']}.{row['level']}.{row['measure']}", 0
        if row["measure"] == RECALL:
            name = f"{name}.{row['class']}"
        elif row["measure"] == LOSS:
            step = int(row["round"])
        elif row["hospital"] != OVERALL:
            name = f"{row['hospital']}.{name}"
        found.append((name, float(row["value"]), step))
    return found


def _write(
    client: MlflowClient,
    experiment: str,
    parameters: dict[str, object],
    figures: list[tuple[str, float, int]],
    tag: str,
) -> None:
    from mlflow.entities import Metric, Param

    name = " ".join(str(value) for value in parameters.values())
    run = client.create_run(experiment, run_name=name, tags={TAG: ""})
    identity = run.info.run_id
    given: list[Param] = [Param(key, str(value)) for key, value in parameters.items()]
    metrics: list[Metric] = [Metric(name, value, 0, step) for name, value, step in figures]
    client.log_batch(identity, params=given)
    for part in _parts(metrics):
        client.log_batch(identity, metrics=part)
    # Only now it is whole; one that was interrupted is written again.
    client.set_tag(identity, TAG, tag)
    client.set_terminated(identity)


def _parts(metrics: list[Metric]) -> Iterable[list[Metric]]:
    for start in range(0, len(metrics), METRICS_AT_ONCE):
        yield metrics[start : start + METRICS_AT_ONCE]
