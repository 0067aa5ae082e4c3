"""Erasing one patient: no row is read again, no store keeps anything, and the ledger says when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client.erasable_stores import erasable_stores
from client.home import NodeHome
from client.privacy.entry import NO_PATIENT_DATA, Entry
from client.privacy.opening import open_ledger
from client.sources.erased import Erasure, add_erasure, read_erasures
from client.sources.mapping import load_mapping
from client.sources.pseudonyms import patient_key
from client.sources.whose_rows import count_rows_of, patient_column, pseudonym_of
from shared.errors import SettingsError

PURPOSE = "erasure of one patient"
AGAIN = "erasure of one patient, asked for again"


@dataclass(frozen=True)
class Found:
    """One patient, as the node knows patients.

    Attributes
    ----------
    pseudonym : str
    rows : int
        In the source as it is now.
    erased : Erasure or None
        When it was asked for before.
    """

    pseudonym: str
    rows: int
    erased: Erasure | None


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    Attributes
    ----------
    removed : dict of str to int
        By what was removed.
    entry : int
        Number in the ledger.
    """

    removed: dict[str, int]
    entry: int


def find_patient(home: NodeHome, patient: str, *, look: bool = True) -> Found:
    """Look for a patient by the local number.

    Parameters
    ----------
    look : bool
        Whether the source is read; the rows are 0 without.

    Raises
    ------
    SettingsError
        When no column tells patients apart, or the list of erased patients cannot be used.
    DataError
        When the source cannot be read.
    """
    mapping, key = load_mapping(home.mapping_file), patient_key(home.patient_key_file)
    patient_column(mapping, home.mapping_file)
    wanted = pseudonym_of(mapping, key, patient)
    rows = count_rows_of(home.mapping_file, key, wanted) if look else 0
    known = (each for each in erasures(home) if each.pseudonym == wanted)
    return Found(wanted, rows, next(known, None))


def erasures(home: NodeHome) -> list[Erasure]:
    """Return who was erased.

    Raises
    ------
    SettingsError
        When the list cannot be used.
    """
    if not home.erased_file.exists():
        return []
    return read_erasures(home.erased_file, patient_key(home.patient_key_file))


def erase(home: NodeHome, found: Found) -> Erased:
    """Erase a patient; asked for again, finish what was begun and remove what came meanwhile.

    First the list, so that nothing reads the rows from now on; then what is stored; then the
    ledger. What fails in between is done by asking again.

    Raises
    ------
    SettingsError
        When the ledger cannot be written.
    """
    if found.erased is None:
        add_erasure(home.erased_file, patient_key(home.patient_key_file), found.pseudonym)
    stores = erasable_stores(home)
    removed = {each.name: each.erase(found.pseudonym) for each in stores}
    return Erased(removed, _write_down(home, removed))


def _write_down(home: NodeHome, removed: Mapping[str, int]) -> int:
    listed, ledger = len(erasures(home)), open_ledger(home)
    try:
        with ledger.writing() as opened:
            entry = Entry(
                "erased",
                run="",
                question="",
                purpose=PURPOSE if opened.count_purpose(PURPOSE) < listed else AGAIN,
                mechanism=NO_PATIENT_DATA,
                reason=removed_words(removed),
                recipient="this hospital",
            )
            return opened.append(entry).number
    finally:
        ledger.close()


def removed_words(removed: Mapping[str, int]) -> str:
    """Say what was removed beside the rows that are not read any more."""
    found = [f"{name} ({count})" for name, count in removed.items() if count]
    return f"removed: {', '.join(found)}" if found else "nothing was kept of this patient"


def listed_and_told(home: NodeHome) -> tuple[int, int]:
    """Return how many patients are on the list, and of how many the ledger tells.

    There are fewer on the list only where somebody took them out by hand.

    Raises
    ------
    SettingsError
        When the ledger tells of erasures and the list is gone.
    """
    listed, ledger = len(erasures(home)), open_ledger(home)
    with ledger.writing() as opened:
        told = opened.count_purpose(PURPOSE)
    ledger.close()
    if told and not home.erased_file.exists():
        raise SettingsError(
            f"The ledger tells of erased patients, and {home.erased_file} is gone.",
            "Restore it from a backup, or erase them again.",
        )
    return listed, told
