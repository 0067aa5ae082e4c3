"""Which model a deployment is about: the one in use, a version of the registry, or a run's."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server.champion import registered_names, version_in_use
from server.home import CoordinatorHome
from server.tracking import Tracker
from shared.bundle import manifest as files
from shared.bundle import read_bundle
from shared.bundle.manifest import digest_of
from shared.bundle.ranking_files import RankingManifest, is_ranking, read_ranking_manifest
from shared.contract import Contract
from shared.errors import BundleError, SettingsError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

RUN = re.compile(r"((?:run|engine)-\d+)(?:[/ ]([a-z_]+))?")
VERSION = re.compile(r"([a-z0-9_.]+?)(?:[:/ ]| version )(\d+)")


@dataclass(frozen=True)
class ChosenModel:
    """A signed bundle.

    Attributes
    ----------
    label : str
        Name and version in the registry, or run and kind.
    digest : str
        SHA-256 of its manifest.
    folder : Path
    """

    label: str
    digest: str
    folder: Path


@contextmanager
def chosen_model(home: CoordinatorHome, what: str | None) -> Iterator[ChosenModel]:
    """Find a model's bundle, and refuse one that hospitals would refuse.

    Parameters
    ----------
    what : str or None
        ``run-0003``, ``run-0003/boosted_trees``, ``heart_disease.boosted_trees:2``; None for the
        model in use.

    Raises
    ------
    SettingsError
        When there is none, or it is not clear which is meant.
    BundleError
        When it is not signed by this coordinator, damaged, of another contract or without ONNX.
    """
    with tempfile.TemporaryDirectory() as temporary:
        label, folder = _found(home, what, Path(temporary))
        refuse_unusable(home, folder)
        digest = digest_of((folder / files.MANIFEST).read_bytes())
        yield ChosenModel(label, digest, folder)


def refuse_unusable(home: CoordinatorHome, folder: Path) -> None:
    """Refuse a bundle that no hospital would put to use."""
    key, contract = home.signing_key().public_key(), home.contract()
    if is_ranking((folder / files.MANIFEST).read_bytes()):
        refuse_other_contract(read_ranking_manifest(folder, key), contract)
        return
    bundle = read_bundle(folder, key)
    if bundle.contract.hash != bundle.settings.task.contract(contract).hash:
        raise BundleError(
            f"The model follows another contract than {contract.name} {contract.version}.",
            "Train one that follows it.",
        )
    if not bundle.onnx:
        raise BundleError(
            "The model has no ONNX file, without which no hospital can answer with it.",
            "Its card says what to lower; then train anew.",
        )


def refuse_other_contract(manifest: RankingManifest, contract: Contract) -> None:
    """Refuse an engine that learned by another contract than the federation's."""
    if manifest.contract_hash != contract.hash:
        raise BundleError(
            f"The engine follows another contract than {contract.name} {contract.version}.",
            "Make one that follows it.",
        )


def keep(chosen: ChosenModel, folder: Path) -> None:
    """Copy the bundle into the folder of the run that deploys it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(chosen.folder, folder)


def _found(home: CoordinatorHome, what: str | None, temporary: Path) -> tuple[str, Path]:
    if what is not None and (named := RUN.fullmatch(what.strip())):
        return _of_run(home, named[1], named[2])
    client = Tracker(home.mlflow_url, home.artifacts, home.settings.name).client
    if what is None:
        name, version = _in_use(home, client)
    elif registered := VERSION.fullmatch(what.strip()):
        name, version = registered[1], registered[2]
    else:
        raise SettingsError(
            f"{what!r} names no model.",
            "Write run-0003, run-0003/boosted_trees or heart_disease.boosted_trees:2.",
        )
    return f"{name} version {version}", _of_registry(client, name, version, temporary)


def _of_run(home: CoordinatorHome, run: str, kind: str | None) -> tuple[str, Path]:
    folder = home.runs / run
    paths = folder.iterdir() if folder.is_dir() else ()
    kinds = sorted(path.name for path in paths if (path / files.MANIFEST).is_file())
    if kind is None and len(kinds) == 1:
        kind = kinds[0]
    if kind is None or kind not in kinds:
        raise SettingsError(
            f"{run} has the models {', '.join(kinds)}." if kinds else f"{run} has no models.",
            f"Say which: {run}/{kinds[0]}." if kinds else "See `juntos coordinator runs`.",
        )
    return f"{run}/{kind}", folder / kind


def _in_use(home: CoordinatorHome, client: MlflowClient) -> tuple[str, str]:
    for name in registered_names(home.contract()):
        version = version_in_use(client, name)
        if version is not None:
            return name, version
    raise SettingsError(
        "No model is in use yet.",
        "Promote one with `juntos coordinator promote RUN`, or name the model to deploy.",
    )


def _of_registry(client: MlflowClient, name: str, version: str, temporary: Path) -> Path:
    from mlflow.exceptions import MlflowException

    try:
        registered = client.get_model_version(name, version)
        return Path(client.download_artifacts(str(registered.run_id), "bundle", str(temporary)))
    except (MlflowException, OSError):
        raise SettingsError(
            f"The registry has no {name} version {version}.", "See `juntos coordinator runs`."
        ) from None
