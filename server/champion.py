"""The model in use: the version of the registry that carries the champion's alias."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.comparison import Previous
from shared.bundle import read_bundle
from shared.contract import Contract
from shared.errors import BundleError
from shared.questions import Question
from shared.run_settings import MODEL_NAMES

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

log = logging.getLogger("juntos.coordinator")

ALIAS = "champion"


@dataclass(frozen=True)
class Champion:
    """The model in use.

    Attributes
    ----------
    label : str
        Name and version in the registry.
    previous : Previous or None
        The model itself; None where it follows another version of the contract, or is not signed.
    """

    label: str
    previous: Previous | None


def find_champion(
    client: MlflowClient, contract: Contract, key: Ed25519PublicKey
) -> Champion | None:
    """Return the model in use, if there is one.

    Parameters
    ----------
    key : Ed25519PublicKey
        Whose signature a model must carry to be compared with.
    """
    for name in registered_names(contract):
        version = version_in_use(client, name)
        if version is None:
            continue
        registered = client.get_model_version(name, version)
        with tempfile.TemporaryDirectory() as folder:
            path = client.download_artifacts(str(registered.run_id), "bundle", folder)
            previous = read_previous(Path(path), contract, key)
            return Champion(f"{name} version {version}", previous)
    return None


def read_previous(folder: Path, contract: Contract, key: Ed25519PublicKey) -> Previous | None:
    """Read the model in use from its bundle; None where it cannot be compared with."""
    try:
        bundle = read_bundle(folder, key)
    except BundleError as error:
        log.warning("The model in use is not compared with: %s", error)
        return None
    if bundle.contract.hash != bundle.settings.task.contract(contract).hash:
        return None
    question = Question(
        contract_hash=contract.hash,
        settings=bundle.settings,
        preparation=bundle.preparation,
        model=bundle.name,
    )
    return Previous(question, bundle.arrays, bundle.calibrator)


def refuse_tampered(client: MlflowClient, name: str, version: str, key: Ed25519PublicKey) -> None:
    """Refuse a registered model that is not, byte for byte, one that was signed.

    Raises
    ------
    BundleError
    """
    registered = client.get_model_version(name, version)
    with tempfile.TemporaryDirectory() as folder:
        read_bundle(Path(client.download_artifacts(str(registered.run_id), "bundle", folder)), key)


def crown(client: MlflowClient, contract: Contract, name: str, version: str) -> None:
    """Put a version in use, and take the alias from the kind of model that had it."""
    for other in registered_names(contract):
        if other != name and version_in_use(client, other) is not None:
            client.delete_registered_model_alias(other, ALIAS)
    client.set_registered_model_alias(name, ALIAS, version)


def version_in_use(client: MlflowClient, name: str) -> str | None:
    """Return which version carries the alias."""
    from mlflow.exceptions import MlflowException

    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException:
        return None
    version = aliases.get(ALIAS)
    return None if version is None else str(version)


def registered_names(contract: Contract) -> list[str]:
    """Return the names that models of a contract are registered under."""
    return [f"{contract.name}.{kind}" for kind in MODEL_NAMES]
