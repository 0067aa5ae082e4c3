"""What a snapshot is: who and what went into it, and which pieces hold it."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import Field

from shared.settings_file import StrictModel

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
SHOWN_DIGITS = 12


class Snapshot(StrictModel):
    """One version of a hospital's records.

    Attributes
    ----------
    time : str
        UTC, ISO 8601, when these records were first seen.
    contract, contract_hash : str
        Name and version; SHA-256.
    mapping, overlay : str
        SHA-256 of the mapping file and of the clinicians' decisions laid over the records; the
        latter is empty where nothing was decided.
    records : str
        SHA-256 of the records' content.
    rows, rows_set_aside : int
    source : str
        What a person calls it.
    chunks : list of str
        Names of the pieces that hold the rows, in order of bucket.
    order : str
        Name of the piece that holds the rows' order in the source.
    runs : list of str
        Which runs saw it.
    erased : int
        Rows of patients who were erased since; the records' hash is of before.
    """

    time: str
    contract: str
    contract_hash: Digest
    mapping: Digest
    overlay: str
    records: Digest
    rows: int = Field(ge=0)
    rows_set_aside: int = Field(ge=0)
    source: str
    chunks: list[Digest]
    order: Digest
    runs: list[str] = Field(default_factory=list)
    erased: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """What it is called: the same records, read the same way, have the same name."""
        parts = [self.contract_hash, self.mapping, self.overlay, self.records]
        text = json.dumps(parts, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:SHOWN_DIGITS]
