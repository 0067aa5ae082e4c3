"""All snapshots of a node: taken, listed, read back, thinned out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from client.snapshots.chunk_store import ChunkStore
from client.snapshots.rows import KEY, KeyedRows, from_bytes, to_bytes
from client.snapshots.snapshot import Snapshot
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records, in_order_of_appearance
from shared.settings_file import parse

MANIFESTS, CHUNKS, PINNED = "manifests", "chunks", "pinned"


@dataclass(frozen=True)
class Seen:
    """Records as a run sees them, and where they come from.

    Attributes
    ----------
    records : Records
    pseudonyms : sequence of str or None, or None
        Whose each row is.
    mapping, overlay, source : str
        See `Snapshot`.
    rows_set_aside : int
    beyond : Records or None
        Confirmed cases whose disease is no class of the contract; no part of a snapshot.
    """

    records: Records
    pseudonyms: Sequence[str | None] | None
    mapping: str
    overlay: str
    source: str
    rows_set_aside: int = 0
    beyond: Records | None = None


@dataclass(frozen=True)
class Restored:
    """A snapshot read back."""

    snapshot: Snapshot
    rows: KeyedRows
    records: Records


class Archive:
    """The folder of snapshots.

    Parameters
    ----------
    folder : Path
    key : bytes
        See `client.snapshots.chunk_store.snapshot_key`.
    contract_of : callable
        Given its hash, returns a contract that the node has had.
    """

    def __init__(self, folder: Path, key: bytes, contract_of: Callable[[str], Contract]) -> None:
        self._folder = folder
        self._chunks = ChunkStore(folder / CHUNKS, key)
        self._contract_of = contract_of

    def take(self, contract: Contract, seen: Seen) -> Snapshot:
        """Keep records; those that are kept already are not written again."""
        rows = KeyedRows.of(contract, seen.records, seen.pseudonyms)
        patients = seen.records.patients
        order = {
            "keys": rows.table[KEY].tolist(),
            "patients": None if patients is None else patients.tolist(),
        }
        snapshot = Snapshot(
            time=datetime.now(UTC).isoformat(timespec="microseconds"),
            contract=f"{contract.name} {contract.version}",
            contract_hash=contract.hash,
            mapping=seen.mapping,
            overlay=seen.overlay,
            records=seen.records.content_hash(),
            rows=len(seen.records),
            rows_set_aside=seen.rows_set_aside,
            source=seen.source,
            chunks=[self._chunks.put(to_bytes(each)) for each in rows.buckets()],
            order=self._chunks.put(json.dumps(order).encode()),
        )
        known = self._path(snapshot.name)
        if known.exists():
            return self.find(snapshot.name)
        self._write(snapshot)
        return snapshot

    def all(self) -> list[Snapshot]:
        """Return all snapshots, the oldest first."""
        paths = (self._folder / MANIFESTS).glob("*.json")
        return sorted((self._read(path) for path in paths), key=lambda each: each.time)

    def contract(self, snapshot: Snapshot) -> Contract:
        """Return the contract that a snapshot's records follow."""
        return self._contract_of(snapshot.contract_hash)

    def find(self, name: str) -> Snapshot:
        """Return the snapshot whose name begins so.

        Raises
        ------
        SettingsError
            When there is none, or there are several.
        """
        found = [each for each in self.all() if name and each.name.startswith(name)]
        if len(found) != 1:
            raise SettingsError(
                f"{len(found) or 'No'} snapshot{'s have' if len(found) != 1 else ' has'} a name "
                f"that begins with {name!r}.",
                "See `juntos node data list`.",
            )
        return found[0]

    def read(self, snapshot: Snapshot) -> Restored:
        """Return the records of a snapshot, as they were but for erased patients.

        Raises
        ------
        DataError
            When a piece is gone or was changed.
        """
        contract = self._contract_of(snapshot.contract_hash)
        order = json.loads(self._chunks.get(snapshot.order))
        parts = [from_bytes(self._chunks.get(each), contract) for each in snapshot.chunks]
        everything = KeyedRows(pd.concat(parts, ignore_index=True))
        rows = everything.in_order(order["keys"])
        patients = order["patients"]
        if patients is not None:
            left = set(rows.table[KEY])
            kept = [one for key, one in zip(order["keys"], patients, strict=True) if key in left]
            patients = in_order_of_appearance(np.array(kept)).tolist()
        return Restored(snapshot, rows, rows.records(contract, patients))

    def note_run(self, snapshot: Snapshot, run: str) -> None:
        """Write down that a run saw a snapshot."""
        current = self.find(snapshot.name)
        if run not in current.runs:
            self._write(current.model_copy(update={"runs": [*current.runs, run]}))

    def erase(self, patient: str) -> int:
        """Take a patient's rows out of every snapshot; return how many there were."""
        found = 0
        for snapshot in self.all():
            contract = self._contract_of(snapshot.contract_hash)
            chunks, gone = [], 0
            for name in snapshot.chunks:
                table = from_bytes(self._chunks.get(name), contract)
                others = table[~table[KEY].str.startswith(f"{patient}:")]
                gone += len(table) - len(others)
                same = len(table) == len(others)
                chunks.append(name if same else self._chunks.put(to_bytes(others)))
            if gone:
                self._write(self._without(snapshot, chunks, patient, gone))
            found += gone
        self.remove_unused()
        return found

    def _without(self, snapshot: Snapshot, chunks: list[str], patient: str, gone: int) -> Snapshot:
        order = json.loads(self._chunks.get(snapshot.order))
        stays = [not key.startswith(f"{patient}:") for key in order["keys"]]
        left = {
            name: values and [each for each, keep in zip(values, stays, strict=True) if keep]
            for name, values in order.items()
        }
        changes = {
            "chunks": chunks,
            "order": self._chunks.put(json.dumps(left).encode()),
            "erased": snapshot.erased + gone,
            "rows": snapshot.rows - gone,
        }
        return snapshot.model_copy(update=changes)

    def remove_older(self, days: int) -> int:
        """Remove older snapshots, but for the one that is in use; return how many."""
        oldest = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        removed = 0
        for snapshot in self.all():
            if snapshot.time < oldest and snapshot.name != self.pinned():
                self._path(snapshot.name).unlink()
                removed += 1
        self.remove_unused()
        return removed

    def remove_unused(self) -> int:
        """Remove pieces that no snapshot has; return how many."""
        used = {name for each in self.all() for name in [*each.chunks, each.order]}
        return self._chunks.keep_only(used)

    def pinned(self) -> str:
        """Return the name of the snapshot that is used in place of the source; empty for none."""
        path = self._folder / PINNED
        return path.read_text(encoding="ascii").strip() if path.exists() else ""

    def pin(self, snapshot: Snapshot | None) -> None:
        """Have the node use a snapshot in place of its source, or its source again."""
        path = self._folder / PINNED
        if snapshot is None:
            path.unlink(missing_ok=True)
        else:
            _write_whole(path, snapshot.name.encode())

    def _path(self, name: str) -> Path:
        return self._folder / MANIFESTS / f"{name}.json"

    def _read(self, path: Path) -> Snapshot:
        return parse(Snapshot, json.loads(path.read_text(encoding="utf-8")), str(path))

    def _write(self, snapshot: Snapshot) -> None:
        # A name covers what went in, and stays when a patient is erased.
        path = self._path(snapshot.name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_whole(path, snapshot.model_dump_json(indent=2).encode())


def _write_whole(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.chmod(0o600)
    partial.replace(path)
