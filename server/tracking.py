"""MLflow: every run with its settings, versions, figures and bundles; models in the registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from server.federation_result import FederationResult
from server.results import comparison, metrics_for_tracking
from server.rounds import RoundRecord
from shared.questions import COUNT_ON_GRID
from shared.run_settings import ModelName, RunSettings


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
        for key, value in flat(settings.of_model(name).model_dump(mode="json"), name).items():
            self.client.log_param(identifier, key, value)
        for key, value in flat(shared_settings(settings), "").items():
            self.client.log_param(identifier, key, value)
        self._log_rounds(identifier, [each for each in result.rounds if each.model == name])
        for kind, evaluations in (("federated", result.federated), ("local", result.alone)):
            compared = comparison(evaluations, name)
            if compared:
                self._log_metrics(identifier, metrics_for_tracking(compared["overall"], kind))
        self.client.log_artifacts(identifier, str(folder), "bundle")
        self.client.set_terminated(identifier)
        return self._register(identifier, f"{result.contract.name}.{name}")

    def _forget(self, run_name: str) -> None:
        """Delete what a process of this run recorded before it was killed."""
        for tracked in self.client.search_runs(
            [self.experiment], f"attributes.run_name = '{run_name}'"
        ):
            identifier = tracked.info.run_id
            for registered in self.client.search_model_versions(f"run_id = '{identifier}'"):
                self.client.delete_model_version(registered.name, registered.version)
            self.client.delete_run(identifier)

    def _log_rounds(self, identifier: str, rounds: list[RoundRecord]) -> None:
        # Of the questions of one round the last has seen them all.
        for record in {
            each.number: each for each in rounds if each.question != COUNT_ON_GRID
        }.values():
            values = {"hospitals": float(len(record.answered)), "seconds": record.seconds}
            if record.loss is not None:
                values["loss"] = record.loss
            for key, value in values.items():
                self.client.log_metric(identifier, f"round.{key}", value, step=record.number)

    def _log_metrics(self, identifier: str, metrics: dict[str, float]) -> None:
        for key, value in metrics.items():
            self.client.log_metric(identifier, key, value)

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
