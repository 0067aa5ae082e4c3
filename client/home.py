"""A hospital's folder: its keys, the federation it belongs to, and where its data are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field

from shared.contract import Contract, load_contract
from shared.enrolment import Address, HospitalName
from shared.errors import SettingsError
from shared.settings_file import StrictModel, load
from shared.signatures import read_public_key

if TYPE_CHECKING:
    from client.hospital import Hospital, LocalRecords

SETTINGS_FILE = "node.toml"
POLICY_FILE = "policy.toml"


class NodeSettings(StrictModel):
    """The content of ``node.toml``.

    Attributes
    ----------
    hospital : str
        The name under which the coordinator enrolled this hospital.
    federation : str
    coordinator : str
        ``HOST:PORT`` of the coordinator's door.
    contract_hash : str
        The version of the data contract that this hospital joined under, or accepted since.
    mapping : str
        The file that says where the data are; relative to the node's folder, or absolute.
    ledger_url : str or None
        The ledger's database, as SQLAlchemy reads it; without it, ``ledger.db`` in the folder.
    rows_in_memory : int
        From more records than this on, a run has their table on the disk of the node's folder.
    """

    hospital: HospitalName
    federation: str
    coordinator: Address
    contract_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    mapping: str = "mapping.toml"
    ledger_url: str | None = None
    rows_in_memory: int = Field(default=1_000_000, ge=1)


@dataclass(frozen=True)
class NodeHome:
    """An open node's folder."""

    path: Path
    settings: NodeSettings

    def contract(self) -> Contract:
        """Return the federation's contract.

        Raises
        ------
        SettingsError
            When it is not the version this hospital follows.
        """
        contract = self._contract
        if contract.hash != self.settings.contract_hash:
            raise SettingsError(
                f"{self.contract_file} is not the contract this hospital follows.",
                "Restore the file from a backup; it must not be edited.",
            )
        return contract

    @cached_property
    def _contract(self) -> Contract:
        return load_contract(self.contract_file)

    @property
    def contract_file(self) -> Path:
        """The data contract as TOML: one that was accepted, or that the hospital joined under."""
        accepted = self.file_of(self.settings.contract_hash)
        return accepted if accepted.is_file() else self.path / "contract.toml"

    def file_of(self, contract_hash: str) -> Path:
        """Return where a version of the contract is kept that was accepted after joining."""
        return self.path / "contracts" / f"{contract_hash}.toml"

    @property
    def mapping_file(self) -> Path:
        """Where the data are, and how they map to the contract."""
        return self.path / self.settings.mapping

    @property
    def policy_file(self) -> Path:
        """What may leave."""
        return self.path / POLICY_FILE

    @property
    def keys(self) -> Path:
        """Folder of the node's own keys; nobody else may look into it."""
        return self.path / "keys"

    @property
    def private_key(self) -> Path:
        """OpenSSH format; made here, leaves never."""
        return self.keys / "node"

    @property
    def public_key(self) -> Path:
        """OpenSSH format."""
        return self.keys / "node.pub"

    @property
    def patient_key_file(self) -> Path:
        """Key of the pseudonyms that say which rows are of one person."""
        return self.keys / "patients"

    @property
    def erased_file(self) -> Path:
        """Pseudonyms of the patients whose rows are never read again."""
        return self.keys / "erased"

    @property
    def certificate(self) -> Path:
        """PEM; the coordinator's word for the public key."""
        return self.keys / "certificate.pem"

    @property
    def authority_certificate(self) -> Path:
        """PEM; the only authority that is trusted for the coordinator's address."""
        return self.path / "ca.crt"

    @property
    def coordinator_key_file(self) -> Path:
        """OpenSSH format; what the coordinator signs bundles with."""
        return self.path / "coordinator.pub"

    def coordinator_key(self) -> Ed25519PublicKey:
        """Return the key that must have signed every bundle this hospital uses.

        Raises
        ------
        SettingsError
            When the hospital joined before kits carried it, or the file is damaged.
        """
        if not self.coordinator_key_file.is_file():
            raise SettingsError(
                f"{self.coordinator_key_file} is absent.",
                "Ask the coordinator for a new kit and join anew.",
            )
        text = self.coordinator_key_file.read_text(encoding="utf-8")
        return read_public_key(text, str(self.coordinator_key_file))

    @property
    def models(self) -> Path:
        """Folder of the models that were deployed here."""
        return self.path / "models"

    @property
    def rankings(self) -> Path:
        """Folder of the engines that were deployed here."""
        return self.path / "rankings"

    @property
    def out_of_fold(self) -> Path:
        """What shared models said of rows that they did not learn from; never sent."""
        return self.path / "out_of_fold"

    @property
    def flower(self) -> Path:
        """Flower's own home."""
        return self.path / "flower"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.path / "logs"


def open_home(path: Path) -> NodeHome:
    """Open a node's folder.

    Raises
    ------
    SettingsError
        When it is none.
    """
    path = path.absolute()
    if not (path / SETTINGS_FILE).is_file():
        raise SettingsError(
            f"{path} is not a node's folder.",
            "Give its path with --home, or create one with `juntos node join KIT`.",
        )
    return NodeHome(path, load(NodeSettings, path / SETTINGS_FILE))


def open_hospital(path: Path) -> Hospital:
    """Open the hospital behind a node's folder; its records are read when first asked for."""
    # Only runs need these, and they are slow to import.
    from client.hospital import Hospital
    from client.privacy.opening import open_gate
    from client.ranking.opening import open_rankings
    from client.secret_sum.run_key import node_run_key
    from client.secret_sum.taking_part import TakingPart
    from client.serving.services import open_services, open_store
    from client.serving.settings import read_settings

    home = open_home(path)

    hospital = Hospital(
        home.settings.hospital, home.contract(), lambda: read_local(home), open_gate(home)
    )
    hospital.out_of_fold = home.out_of_fold
    hospital.secret_sums = TakingPart(
        lambda run: node_run_key(home, run),
        home.authority_certificate.read_text(encoding="ascii"),
        hospital.gate.policy.peers or None,
    )
    hospital.open_models = lambda: open_store(home, read_settings(home.path), answers=False)
    hospital.open_rankings = lambda: open_rankings(home, read_settings(home.path), answers=False)
    hospital.open_services = lambda: open_services(home.path)
    return hospital


def read_local(home: NodeHome) -> LocalRecords:
    """Return the records that runs see: of the source, or of the snapshot in use.

    They are kept where the policy says so, and each run that sees them is noted.
    """
    from client.hospital import LocalRecords
    from client.snapshots.opening import keeps_snapshots, open_archive, read_seen, restored

    archive, old = open_archive(home), restored(home)
    if old is not None:
        snapshot = old.snapshot
        return LocalRecords(
            old.records,
            snapshot.rows_set_aside,
            snapshot.overlay,
            lambda run: archive.note_run(snapshot, run),
        )
    seen = read_seen(home)
    if not keeps_snapshots(home):
        return LocalRecords(seen.records, seen.rows_set_aside, seen.overlay, beyond=seen.beyond)
    kept = archive.take(home.contract(), seen)
    return LocalRecords(
        seen.records,
        seen.rows_set_aside,
        seen.overlay,
        lambda run: archive.note_run(kept, run),
        seen.beyond,
    )
