"""Names of models in MLflow's registry: champion, challenger, versions, what became of each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from server.champion import crown, refuse_tampered, registered_names, version_in_use
from server.deployment.chosen_model import VERSION
from server.home import CoordinatorHome
from server.promotion.candidate import NamedModel
from server.tracking import Tracker
from shared.bundle import manifest as files
from shared.bundle.manifest import digest_of
from shared.errors import JuntosError, SettingsError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

CHALLENGER = "challenger"


class RegistryError(JuntosError):
    """MLflow did not do what was asked."""


@contextmanager
def registry_answers() -> Iterator[None]:
    """Say in a sentence that MLflow failed, where the block asks it for something.

    Raises
    ------
    RegistryError
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise RegistryError(
            f"The registry of models (MLflow) did not do it: {error.error_code}.",
            "Check that its database and files are there.",
        ) from None


class Registry:
    """One federation's models."""

    def __init__(self, home: CoordinatorHome) -> None:
        self._home = home

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's client, opened when first needed: that takes seconds."""
        home = self._home
        return Tracker(home.mlflow_url, home.artifacts, home.settings.name).client

    def in_use(self) -> NamedModel | None:
        """Return the model that carries the champion's alias."""
        for name in registered_names(self._home.contract()):
            version = version_in_use(self.client, name)
            if version is not None:
                return self._named(name, version)
        return None

    def crown(self, label: str) -> None:
        """Put a model in use, and take the challenger's alias from it."""
        name, version = split_label(label)
        crown(self.client, self._home.contract(), name, version)
        self.end_challenge(label)

    def challenge(self, label: str) -> None:
        """Name a model the challenger; another that was one is so no more."""
        name, version = split_label(label)
        for other in registered_names(self._home.contract()):
            if other != name and self._alias(other, CHALLENGER) is not None:
                self.client.delete_registered_model_alias(other, CHALLENGER)
        self.client.set_registered_model_alias(name, CHALLENGER, version)

    def end_challenge(self, label: str) -> None:
        """Take the challenger's alias from a model, if it has it."""
        name, version = split_label(label)
        if self._alias(name, CHALLENGER) == version:
            self.client.delete_registered_model_alias(name, CHALLENGER)

    def refuse_tampered(self, label: str) -> None:
        """Refuse a model that is not, byte for byte, one that was signed.

        Raises
        ------
        BundleError
        """
        name, version = split_label(label)
        refuse_tampered(self.client, name, version, self._home.signing_key().public_key())

    def tag(self, label: str, **tags: str) -> None:
        """Write down what became of a model."""
        name, version = split_label(label)
        for key, value in tags.items():
            self.client.set_model_version_tag(name, version, key, value)

    def _alias(self, name: str, alias: str) -> str | None:
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_registered_model(name).aliases.get(alias)
        except MlflowException:
            return None
        return None if found is None else str(found)

    def _named(self, name: str, version: str) -> NamedModel:
        registered = self.client.get_model_version(name, version)
        with tempfile.TemporaryDirectory() as folder:
            found = self.client.download_artifacts(
                str(registered.run_id), f"bundle/{files.MANIFEST}", folder
            )
            digest = digest_of(Path(found).read_bytes())
        return NamedModel(label=f"{name} version {version}", digest=digest)


def split_label(label: str) -> tuple[str, str]:
    """Return name and version of a registered model.

    Raises
    ------
    SettingsError
        When it names none.
    """
    found = VERSION.fullmatch(label)
    if found is None:
        raise SettingsError(f"{label!r} names no registered model.")
    return found[1], found[2]
