"""MLflow: every run with its settings, versions, figures and bundles; models in the registry."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from server.federation_result import FederationResult
from server.results import comparison, metrics_for_tracking
from server.review.keeping import REPORT_FILE, REVIEW_FILE
from server.review.review import Review
from server.rounds import RoundRecord
from shared.questions import COUNT_ON_GRID
from shared.run_settings import ModelName, RunSettings

Entity = TypeVar("Entity")

# What MLflow takes in one request.
PARAMS_AT_ONCE = 100
METRICS_AT_ONCE = 1000


@dataclass(frozen=True)
class Registered:
    """Where a model can be found.

    Attributes
    ----------
    name, version : str
        In the model registry.
    tracking_run : str
        MLflow's id of the run it belongs to.
    """

    name: str
    version: str
    tracking_run: str


class Tracker:
    """Writes one federation's runs to an MLflow server or database.

    Parameters
    ----------
    url : str
        MLflow's tracking URI: ``sqlite:///...``, ``postgresql://...`` or ``https://...``.
    artifacts : Path
        Where bundles go when the database has no artifact store of its own.
    """

    def __init__(self, url: str, artifacts: Path, experiment: str) -> None:
        # The client prints advice and looks for updates otherwise; a coordinator needs neither.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow.tracking import MlflowClient

        self.client = MlflowClient(tracking_uri=url)
        self.experiment = self._experiment(experiment, artifacts)

    def _experiment(self, name: str, artifacts: Path) -> str:
        existing = self.client.get_experiment_by_name(name)
        if existing is not None:
            return str(existing.experiment_id)
        return str(self.client.create_experiment(name, artifact_location=artifacts.as_uri()))

    def record(
        self,
        run: str,
        settings: RunSettings,
        contract_hash: str,
        result: FederationResult,
        bundles: Mapping[ModelName, Path],
    ) -> dict[ModelName, Registered]:
        """Write a run, one MLflow run per model, and register each bundle as a new version."""
        return {
            name: self._record_model(run, settings, contract_hash, result, name, folder)
            for name, folder in bundles.items()
        }

    def _record_model(
        self,
        run: str,
        settings: RunSettings,
        contract_hash: str,
        result: FederationResult,
        name: ModelName,
        folder: Path,
    ) -> Registered:
        run_name = f"{run} {name}"
        self._forget(run_name)
        tracked = self.client.create_run(
            self.experiment, run_name=run_name, tags=tags(run, contract_hash, result)
        )
        identifier = tracked.info.run_id
        chosen = flat(settings.of_model(name).model_dump(mode="json"), name)
        self._log_settings(identifier, {**chosen, **flat(shared_settings(settings), "")})
        self._log_rounds(identifier, [each for each in result.rounds if each.model == name])
        for kind, evaluations in (("federated", result.federated), ("local", result.alone)):
            compared = comparison(evaluations, name)
            if compared:
                metrics = metrics_for_tracking(compared["overall"], kind)
                self._log_metrics(identifier, [(key, each, 0) for key, each in metrics.items()])
        self.client.log_artifacts(identifier, str(folder), "bundle")
        self.client.set_terminated(identifier)
        return self._register(identifier, f"{result.contract.name}.{name}")

    def record_engine(
        self,
        run_name: str,
        name: str,
        tags: Mapping[str, str],
        settings: RunSettings,
        metrics: Mapping[str, float],
        losses: Sequence[float],
        folder: Path,
    ) -> Registered:
        """Write a run that made an engine, and register its bundle as a new version of a name."""
        self._forget(run_name)
        code = {"code_version": version("juntos")}
        tracked = self.client.create_run(self.experiment, run_name=run_name, tags={**code, **tags})
        identifier = tracked.info.run_id
        self._log_settings(identifier, flat(shared_settings(settings), ""))
        steps = [("round.loss", loss, number) for number, loss in enumerate(losses, start=1)]
        self._log_metrics(identifier, [*((key, each, 0) for key, each in metrics.items()), *steps])
        self.client.log_artifacts(identifier, str(folder), "bundle")
        self.client.set_terminated(identifier)
        return self._register(identifier, name)

    def attach_review(self, registered: Registered, review: Review, folder: Path) -> None:
        """Attach report, data and verdict to a model."""
        for file in (REPORT_FILE, REVIEW_FILE):
            self.client.log_artifact(registered.tracking_run, str(folder / file), "review")
        verdict: dict[str, str] = {"verdict": review.verdict, "chosen_kind": review.chosen}
        if review.iterates:
            verdict["iterates"] = review.iterates
        for key, value in verdict.items():
            self.client.set_tag(registered.tracking_run, key, value)
            self.client.set_model_version_tag(registered.name, registered.version, key, value)

    def _forget(self, run_name: str) -> None:
        """Delete what a process of this run recorded before it was killed."""
        for tracked in self.client.search_runs(
            [self.experiment], f"attributes.run_name = '{run_name}'"
        ):
            identifier = tracked.info.run_id
            for registered in self.client.search_model_versions(f"run_id = '{identifier}'"):
                self.client.delete_model_version(registered.name, registered.version)
            self.client.delete_run(identifier)

    def _log_settings(self, identifier: str, settings: Mapping[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(key, value) for key, value in settings.items()]
        for part in batched(params, PARAMS_AT_ONCE):
            self.client.log_batch(identifier, params=part)

    def _log_rounds(self, identifier: str, rounds: list[RoundRecord]) -> None:
        # Of the questions of one round the last has seen them all.
        last = {each.number: each for each in rounds if each.question != COUNT_ON_GRID}
        metrics = []
        for record in last.values():
            values = {"hospitals": float(len(record.answered)), "seconds": record.seconds}
            if record.loss is not None:
                values["loss"] = record.loss
            metrics += [(f"round.{key}", each, record.number) for key, each in values.items()]
        self._log_metrics(identifier, metrics)

    def _log_metrics(self, identifier: str, metrics: list[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entities = [Metric(key, value, now, step) for key, value, step in metrics]
        for part in batched(entities, METRICS_AT_ONCE):
            self.client.log_batch(identifier, metrics=part)

    def _register(self, identifier: str, name: str) -> Registered:
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_registered_model(name)
        except MlflowException:
            self.client.create_registered_model(name)
        source = f"{self.client.get_run(identifier).info.artifact_uri}/bundle"
        registered = self.client.create_model_version(name, source, run_id=identifier)
        return Registered(name, str(registered.version), identifier)


def tags(run: str, contract_hash: str, result: FederationResult) -> dict[str, str]:
    """Return what names the versions of code, contract and data that a run saw."""
    data_versions = {
        f"data_version.{hospital}": answer.data_version
        for hospital, answer in result.hospitals.items()
    }
    return {
        "run": run,
        "code_version": version("juntos"),
        "contract_version": result.contract.version,
        "contract_hash": contract_hash,
        "hospitals": ", ".join(result.hospitals),
        "partial": str(bool(result.left_out)).lower(),
        **data_versions,
    }


def shared_settings(settings: RunSettings) -> dict[str, Any]:
    """Return the settings that are not of one kind of model."""
    return settings.model_dump(
        mode="json", exclude={"neural_network", "boosted_trees", "random_forest"}
    )


def flat(settings: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Flatten nested settings into MLflow's parameters."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            found |= flat(value, name)
        else:
            found[name] = str(value)
    return found


def batched(entities: Sequence[Entity], size: int) -> Iterator[Sequence[Entity]]:
    """Cut a list into pieces that MLflow takes at once."""
    for start in range(0, len(entities), size):
        yield entities[start : start + size]
