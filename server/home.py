"""The coordinator's folder: everything a federation is, in one place to back up."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from server.contracts.store import ContractStore
from server.database import open_database
from server.enrolment.certificates import create_authority, create_server_identity
from server.enrolment.identity import Identity, signing_key
from server.promotion.policy import POLICY_FILE, policy_text
from server.settings import CoordinatorSettings
from shared.contract import Contract, load_contract, shipped_contracts
from shared.enrolment import split_address
from shared.errors import SettingsError
from shared.settings_file import load, parse

SETTINGS_FILE = "coordinator.toml"
FOLDERS = ("pki", "kits", "superlink", "flower", "artifacts", "runs", "logs")


@dataclass(frozen=True)
class CoordinatorHome:
    """An open coordinator's folder."""

    path: Path
    settings: CoordinatorSettings

    def contract(self) -> Contract:
        """Return the contract that was current when this home was first asked for it.

        It stays the same while a run goes on.
        """
        return self._contract

    def contracts(self) -> ContractStore:
        """Return all versions of the contract."""
        return self._contracts

    def authority(self) -> Identity:
        """Return the certificate authority."""
        return Identity.load(self.authority_certificate, self.path / "pki" / "ca.key")

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs kits and bundles; a folder of before gets one."""
        return signing_key(self.path / "pki" / "signing.key")

    def engine(self) -> Engine:
        """Return the coordinator's database, with all tables."""
        return self._engine

    def close(self) -> None:
        """Let go of the database, if it was opened; it opens again where it is needed."""
        engine = vars(self).pop("_engine", None)
        if engine is not None:
            engine.dispose()

    @cached_property
    def _contract(self) -> Contract:
        return self._contracts.current().contract

    @cached_property
    def _contracts(self) -> ContractStore:
        return ContractStore(self._engine, self.contract_file.read_text(encoding="utf-8"))

    @cached_property
    def _engine(self) -> Engine:
        return open_database(self.database_url)

    @property
    def database_url(self) -> str:
        """Where hospitals, runs and rounds are kept."""
        return self.settings.database_url or f"sqlite:///{self.path / 'coordinator.db'}"

    @property
    def mlflow_url(self) -> str:
        """MLflow's tracking store."""
        return self.settings.mlflow_url or f"sqlite:///{self.path / 'mlflow.db'}"

    @property
    def contract_file(self) -> Path:
        """The contract that the federation began with, as TOML; later ones are in the database."""
        return self.path / "contract.toml"

    @property
    def ontology_file(self) -> Path:
        """``hp.obo`` of an HPO release, where its synonyms are wanted; may be absent."""
        return self.path / "ontology" / "hp.obo"

    @property
    def authority_certificate(self) -> Path:
        """PEM; what hospitals and the SuperLink's own helpers trust."""
        return self.path / "pki" / "ca.crt"

    @property
    def server_certificate(self) -> Path:
        """PEM; of the door and of the SuperLink behind it."""
        return self.path / "pki" / "server.crt"

    @property
    def server_key(self) -> Path:
        """PEM; private."""
        return self.path / "pki" / "server.key"

    @property
    def kits(self) -> Path:
        """Folder of the kits that were written."""
        return self.path / "kits"

    @property
    def flower(self) -> Path:
        """Flower's own home: connections and the app."""
        return self.path / "flower"

    @property
    def artifacts(self) -> Path:
        """MLflow's files."""
        return self.path / "artifacts"

    @property
    def runs(self) -> Path:
        """A folder for each run."""
        return self.path / "runs"

    def checkpoint(self, run: str) -> Path:
        """Return the folder of what a run would need to go on."""
        return self.runs / run / "checkpoint"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.path / "logs"


def create_home(path: Path, name: str, address: str, contract: str) -> CoordinatorHome:
    """Create a coordinator's folder, complete or not at all.

    Parameters
    ----------
    path : Path
        Absent or empty.
    contract : str
        Name of a shipped contract, or a file.

    Raises
    ------
    SettingsError
        When the folder is in use or a value cannot be used.
    """
    path = path.absolute()
    settings = parse(CoordinatorSettings, {"name": name, "address": address}, "The command line")
    load_contract(contract)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SettingsError(f"{path} exists and is not empty.", "Choose another folder.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise SettingsError(f"{path} cannot be created: {error.strerror}.") from None
    try:
        _fill(partial, settings, contract)
        os.replace(partial, path)  # noqa: PTH105 - replaces an empty folder in one step
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    home = open_home(path)
    # Only here is the database's default path the final one.
    home.engine().dispose()
    return home


def open_home(path: Path) -> CoordinatorHome:
    """Open a coordinator's folder.

    Raises
    ------
    SettingsError
        When it is none.
    """
    path = path.absolute()
    if not (path / SETTINGS_FILE).is_file():
        raise SettingsError(
            f"{path} is not a coordinator's folder.",
            "Give its path with --home, or create one with `juntos coordinator init`.",
        )
    return CoordinatorHome(path, load(CoordinatorSettings, path / SETTINGS_FILE))


def _fill(path: Path, settings: CoordinatorSettings, contract: str) -> None:
    for folder in FOLDERS:
        (path / folder).mkdir(mode=0o700)
    written = settings.model_dump(exclude_none=True, exclude_defaults=True)
    (path / SETTINGS_FILE).write_text(tomli_w.dumps(written), encoding="utf-8")
    (path / "contract.toml").write_text(contract_text(contract), encoding="utf-8")
    (path / "schedule.toml").write_text(example_schedule(), encoding="utf-8")
    (path / POLICY_FILE).write_text(policy_text(), encoding="utf-8")
    authority = create_authority(settings.name)
    authority.save(path / "pki" / "ca.crt", path / "pki" / "ca.key")
    server = create_server_identity(authority, split_address(settings.address)[0])
    server.save(path / "pki" / "server.crt", path / "pki" / "server.key")
    signing_key(path / "pki" / "signing.key")


def contract_text(name_or_path: str) -> str:
    """Return a contract's TOML as its author wrote it, with the comments."""
    if name_or_path in shipped_contracts():
        shipped = resources.files("shared") / "contracts" / f"{name_or_path}.toml"
        return shipped.read_text(encoding="utf-8")
    return Path(name_or_path).read_text(encoding="utf-8")


def example_schedule() -> str:
    """Return a ``schedule.toml`` that schedules nothing, and says how to."""
    shipped = resources.files("server") / "scheduling" / "schedule.toml"
    return shipped.read_text(encoding="utf-8")
