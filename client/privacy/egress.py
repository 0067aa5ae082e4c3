"""Copies of what left, for the hospital itself to look at."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flwr.app import Array
from flwr.common.serde import recorddict_from_proto
from flwr.proto.message_pb2 import Message as ProtoMessage

from shared.errors import SettingsError

EGRESS_FOLDER = "egress"
_DAY = 86_400
_SECONDS_BETWEEN_REMOVALS = 3600.0


class KeptPayloads:
    """The folder of copies; each has the number of its answer's entry in the ledger. `Erasable`.

    Only their owner can read them. They are there for people, the ledger is what counts: one that a
    power cut takes away is missed by nobody.

    Parameters
    ----------
    folder : Path
        Made when the first is kept.
    """

    name = "copies of answers"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._removed_at = -_SECONDS_BETWEEN_REMOVALS

    def keep(self, number: int, payload: bytes) -> None:
        """Keep a copy, whole or not at all."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=self._folder, prefix=".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
        Path(partial).replace(self._path(number))

    def read(self, number: int) -> bytes:
        """Return a copy.

        Raises
        ------
        SettingsError
            When it is not there any more.
        """
        try:
            return self._path(number).read_bytes()
        except FileNotFoundError:
            raise SettingsError(
                f"No copy of what left with entry {number} is kept.",
                "See keep_payloads_days in policy.toml.",
            ) from None

    def erase(self, _patient: str) -> int:
        """Remove every copy: each may be of sums that one patient is part of, and none says so."""
        copies = list(self._folder.glob("*.message")) if self._folder.is_dir() else []
        for path in copies:
            path.unlink(missing_ok=True)
        return len(copies)

    def remove_old(self, days: int) -> None:
        """Remove copies that are older; looks once an hour."""
        if time.monotonic() - self._removed_at >= _SECONDS_BETWEEN_REMOVALS:
            self.remove_older(days)

    def remove_older(self, days: int) -> None:
        """Remove copies that are older."""
        self._removed_at = time.monotonic()
        oldest = time.time() - days * _DAY
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            # Another process may be removing the same.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.message"


def payload_words(payload: bytes) -> dict[str, Any]:
    """Return a payload's records as JSON has them: every text, and every number of every array."""
    records = recorddict_from_proto(ProtoMessage.FromString(payload).content)
    found: dict[str, Any] = {}
    for name, arrays in records.array_records.items():
        found[name] = {key: _array_words(array) for key, array in arrays.items()}
    for name, metrics in records.metric_records.items():
        found[name] = dict(metrics)
    for name, texts in records.config_records.items():
        found[name] = {
            key: value.hex() if isinstance(value, bytes) else value for key, value in texts.items()
        }
    return found


def _array_words(array: Array) -> dict[str, Any]:
    return {
        "dtype": array.dtype,
        "shape": list(array.shape),
        "values": array.numpy().tolist(),
    }
