"""The snapshots of a node's folder, and its records: from the source, or from a snapshot in use."""

from __future__ import annotations

import hashlib

from client.home import NodeHome
from client.privacy.policy import Policy, read_policy
from client.review.opening import read_overlay, read_source, reviewed
from client.serving.settings import read_settings
from client.snapshots.archive import Archive, Restored, Seen
from client.snapshots.chunk_store import snapshot_key
from client.snapshots.snapshot import Snapshot
from shared.contract import Contract, load_contract
from shared.errors import SettingsError

SNAPSHOTS_FOLDER = "snapshots"


def open_archive(home: NodeHome) -> Archive:
    """Open the snapshots of a node."""

    def contract_of(contract_hash: str) -> Contract:
        files = [home.contract_file, home.file_of(contract_hash), home.path / "contract.toml"]
        for file in files:
            if file.is_file() and (found := load_contract(file)).hash == contract_hash:
                return found
        raise SettingsError(
            "The contract of this snapshot is gone.", "Restore contracts/ from a backup."
        )

    key = snapshot_key(home.keys / "snapshots")
    return Archive(home.path / SNAPSHOTS_FOLDER, key, contract_of)


def read_seen(home: NodeHome) -> Seen:
    """Read the source, with the clinicians' decisions laid over it.

    With ``train_on_confirmed`` in ``serving.toml``, confirmed cases are among the records.
    """
    overlay = read_overlay(home)
    loaded = reviewed(home, read_source(home, overlay), overlay).loaded
    seen = Seen(
        records=loaded.records,
        pseudonyms=None if loaded.pseudonyms is None else list(loaded.pseudonyms),
        mapping=hashlib.sha256(home.mapping_file.read_bytes()).hexdigest(),
        overlay=overlay.content_hash,
        source=loaded.source,
        rows_set_aside=loaded.rows_set_aside,
    )
    if not read_settings(home.path).train_on_confirmed:
        return seen
    from client.confirmations.training import with_confirmed_cases

    return with_confirmed_cases(home, seen)


def take_snapshot(home: NodeHome) -> Snapshot:
    """Read the source and keep what it gives."""
    return open_archive(home).take(home.contract(), read_seen(home))


def restored(home: NodeHome) -> Restored | None:
    """Return the snapshot that is used in place of the source, if any.

    Raises
    ------
    SettingsError
        When it is of another contract than the hospital follows.
    """
    archive = open_archive(home)
    name = archive.pinned()
    if not name:
        return None
    snapshot = archive.find(name)
    if snapshot.contract_hash != home.contract().hash:
        raise SettingsError(
            f"Snapshot {name} is of the contract {snapshot.contract}, which this hospital does not "
            "follow any more.",
            "Go back to the source with `juntos node data restore --source`.",
        )
    return archive.read(snapshot)


def keeps_snapshots(home: NodeHome) -> bool:
    """Return whether what runs see is kept."""
    return read_policy(home.policy_file).keep_snapshots_days > 0


def remove_old_snapshots(home: NodeHome, policy: Policy) -> int:
    """Remove what is older than the policy says; return how many snapshots."""
    if not (home.path / SNAPSHOTS_FOLDER).is_dir():
        return 0
    return open_archive(home).remove_older(policy.keep_snapshots_days)
