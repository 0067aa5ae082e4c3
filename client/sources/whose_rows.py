"""How many rows of the source are of one patient, without reading anything else of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from client.sources.codes import codes_of
from client.sources.mapping import Mapping, load_mapping
from client.sources.pseudonyms import pseudonym, pseudonym_of_number
from client.sources.reading import open_source
from shared.errors import SettingsError


def patient_column(mapping: Mapping, path: Path) -> str:
    """Return the local column that tells patients apart.

    Raises
    ------
    SettingsError
        When the mapping names none.
    """
    if mapping.rows.patient is None:
        raise SettingsError(
            f"{path} does not say which column tells patients apart.",
            "Name it in rows.patient: without it, nobody's rows can be found.",
        )
    return mapping.rows.patient


def pseudonym_of(mapping: Mapping, secret: bytes, patient: str) -> str:
    """Return the pseudonym of a patient's local number, however it is spelled.

    Raises
    ------
    SettingsError
        When it is empty, or means missing.
    """
    return pseudonym_of_number(secret, patient, frozenset(mapping.rows.missing))


def count_rows_of(path: Path, secret: bytes, wanted: str) -> int:
    """Return how many rows of the source are of a patient, whether or not they are read any more.

    Parameters
    ----------
    path : Path
        The mapping file.
    wanted : str
        The patient's pseudonym under the node's key.

    Raises
    ------
    DataError
        When the source cannot be read.
    SettingsError
        When the mapping cannot be used, or the source does not have the column.
    """
    mapping = load_mapping(path)
    column = patient_column(mapping, path)
    missing, found = frozenset(mapping.rows.missing), 0
    for table in open_source(mapping, path.parent).batches([column]):
        if column not in table.cells:
            raise SettingsError(
                f"The source has no column {column!r}.", "Correct rows.patient in the mapping."
            )
        # A number stands in few rows: each is hashed once.
        for code, rows in pd.Series(codes_of(table.cells[column], missing)).value_counts().items():
            found += int(rows) if pseudonym(secret, str(code)) == wanted else 0
    return found
