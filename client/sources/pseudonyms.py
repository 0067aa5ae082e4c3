"""Who a row is about, turned at once into a number that only this hospital's key makes."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from client.sources.codes import codes_of
from client.sources.raw_table import RawTable
from shared.enrolment import write_private
from shared.errors import SettingsError

KEY_BYTES = 32
# For readers without a folder to keep a key in: nobody, not even this process later, has it again.
PROCESS_KEY = secrets.token_bytes(KEY_BYTES)


def pseudonym(key: bytes, patient: str) -> str:
    """Return HMAC-SHA256 of a patient's normalised local number or name, as hexadecimal digits.

    Without the key, nobody can tell from it who the patient is, nor try all numbers.
    """
    return hmac.new(key, patient.encode(), hashlib.sha256).hexdigest()


def with_pseudonyms(
    table: RawTable, column: str | None, missing: frozenset[str], key: bytes
) -> RawTable:
    """Return the table with a pseudonym, or None where missing, in place of each patient."""
    if column is None or column not in table.cells:
        return table
    places, known = pd.factorize(codes_of(table.cells[column], missing))
    # Missing ones have place -1, which picks the last entry.
    pseudonyms = np.array([*(pseudonym(key, each) for each in known), None], dtype=object)
    cells = table.cells.assign(**{column: pd.Series(pseudonyms[places], dtype=object)})
    return replace(table, cells=cells)


def patient_key(path: Path) -> bytes:
    """Return the key that a node keeps in a file, making it when there is none.

    Raises
    ------
    SettingsError
        When others can read the file, or it holds no key.
    """
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"Others on this machine can read {path}.", f"Run: chmod go= {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} is no key.", "Restore it from a backup, or remove it.")
    return key


def _create(path: Path) -> None:
    """Make a key; where another process does the same, the first one's stays."""
    own = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(own, secrets.token_bytes(KEY_BYTES))
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
