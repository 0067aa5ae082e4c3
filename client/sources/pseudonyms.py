"""Who a row is about, turned at once into a number that only this hospital's key makes."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from client.sources.codes import codes_of, normalise_code
from client.sources.erased import ERASED_FILE, read_erasures
from client.sources.raw_table import RawTable
from shared.enrolment import write_private
from shared.errors import SettingsError

KEY_BYTES = 32
# For readers without a folder to keep a key in: nobody, not even this process later, has it again.
PROCESS_KEY = secrets.token_bytes(KEY_BYTES)


class PatientKey(bytes):
    """A node's key, which comes with the patients whose rows are not read any more.

    Attributes
    ----------
    erased : frozenset of str
        Their pseudonyms under this key.
    """

    erased: frozenset[str]

    def __new__(cls, secret: bytes, erased: frozenset[str] = frozenset()) -> Self:
        """Join the two."""
        key = super().__new__(cls, secret)
        key.erased = erased
        return key


def pseudonym(key: bytes, patient: str) -> str:
    """Return HMAC-SHA256 of a patient's normalised local number or name, as hexadecimal digits.

    Without the key, nobody can tell from it who the patient is, nor try all numbers.
    """
    return hmac.digest(key, patient.encode(), "sha256").hex()


def pseudonym_of_number(key: bytes, patient: str, missing: frozenset[str]) -> str:
    """Return the pseudonym of a patient's local number, however it is spelled.

    Parameters
    ----------
    missing : frozenset of str
        Normalised codes that are nobody's number.

    Raises
    ------
    SettingsError
        When it is empty, or means missing.
    """
    code = normalise_code(patient)
    if code == "" or code in missing:
        raise SettingsError("This is nobody's number.", "Give it as the column of patients has it.")
    return pseudonym(key, code)


def with_pseudonyms(
    table: RawTable, column: str | None, missing: frozenset[str], key: bytes
) -> RawTable:
    """Return the table with a pseudonym, or None where missing, in place of each patient.

    Rows of patients who were erased are left out, as if the source did not hold them.

    Raises
    ------
    SettingsError
        When patients were erased and nothing tells whose the rows are.
    """
    erased = key.erased if isinstance(key, PatientKey) else frozenset()
    if column is None or column not in table.cells:
        if erased:
            raise SettingsError(
                "Patients were erased here, and no column says whose the rows are.",
                "Name the column with the patients' numbers in rows.patient of the mapping.",
            )
        return table
    import pandas as pd

    places, known = pd.factorize(codes_of(table.cells[column], missing))
    # Missing ones have place -1, which picks the last entry.
    pseudonyms = np.array([*(pseudonym(key, each) for each in known), None], dtype=object)
    cells = table.cells.assign(**{column: pd.Series(pseudonyms[places], dtype=object)})
    return without_patients(replace(table, cells=cells), column, erased)


def without_patients(table: RawTable, column: str, erased: frozenset[str]) -> RawTable:
    """Return the table without the rows whose pseudonym is among those given."""
    gone = table.cells[column].isin(erased).to_numpy() if erased else np.zeros(0, dtype=np.bool_)
    if not gone.any():
        return table
    return replace(
        table,
        cells=table.cells[~gone].reset_index(drop=True),
        rows=table.rows[~gone],
        rows_read=table.rows_read - int(gone.sum()),
    )


def patient_key(path: Path) -> PatientKey:
    """Return the key that a node keeps in a file, making it when there is none.

    It comes with the patients that the list beside it says were erased.

    Raises
    ------
    SettingsError
        When others can read the file or the list, or they hold something else.
    """
    erased = path.with_name(ERASED_FILE)
    if not path.exists():
        if erased.exists():
            raise SettingsError(
                f"{path} is absent, and {erased} lists patients by it.",
                "Restore it from a backup: erased patients cannot be told from others without it.",
            )
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"Others on this machine can read {path}.", f"Run: chmod go= {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} is no key.", "Restore it from a backup, or remove it.")
    return PatientKey(key, frozenset(each.pseudonym for each in read_erasures(erased, key)))


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
