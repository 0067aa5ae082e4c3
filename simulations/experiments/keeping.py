"""Repetitions that were done already, found again by what they were made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shared.contract import Contract
from shared.records import Records
from shared.run_settings import RunSettings
from shared.session.faults import Fault

# Raised when a repetition gives other figures than before.
FIGURES = 4

Rows = list[dict[str, Any]]


class Kept:
    """Results by content: what was changed in a scenario is run, what was not is not.

    Parameters
    ----------
    folder : Path
        One file per repetition; only whole ones ever have their name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> Rows | None:
        """Return what a repetition gave; None where it was not done."""
        try:
            found: Rows = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def write(self, key: str, rows: Rows) -> None:
        """Keep what a repetition gave."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{key}.partial"
        partial.write_text(json.dumps(rows), encoding="utf-8")
        partial.replace(self._folder / f"{key}.json")


def data_hash(hospitals: Mapping[str, Records]) -> str:
    """Name the records of all hospitals, with the dates that decide what is held out."""
    digest = hashlib.sha256()
    for name, records in hospitals.items():
        digest.update(f"{name}\x1f{records.content_hash()}\x1f".encode())
        if records.dates is not None:
            digest.update(records.dates.astype("datetime64[D]").astype("<i8").tobytes())
    return digest.hexdigest()


def key_of(contract: Contract, data: str, settings: RunSettings, faults: Sequence[Fault]) -> str:
    """Name a repetition by everything that its figures depend on."""
    content = {
        "juntos": version("juntos"),
        "figures": FIGURES,
        "contract": contract.hash,
        "data": data,
        "settings": settings.model_dump(mode="json"),
        "faults": [asdict(fault) for fault in faults],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
