"""A mapping file and the data it describes, read and checked into records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

# The module and not its names: it needs parts of this package, whichever is imported first.
from client import validation
from client.sources.agreement import check_agreement
from client.sources.conversion import KnownTerm
from client.sources.mapping import Mapping, load_mapping
from client.sources.pseudonyms import PROCESS_KEY, with_pseudonyms
from client.sources.raw_table import RawTable
from client.sources.reading import open_source
from shared.contract import Contract
from shared.errors import DataError, Problem
from shared.records import Records


@dataclass(frozen=True)
class LoadedRecords:
    """A hospital's records, and what it took to get them.

    Attributes
    ----------
    records : Records
        The good rows, in the source's order.
    problems : list of Problem
        What was wrong with the rows that were set aside.
    rows_read, rows_set_aside : int
        ``rows_read == len(records) + rows_set_aside``. Blank lines of a file are no rows.
    source : str
        What a person calls the file or database; holds no password.
    unmapped_features : list of str
        Features of the contract that no column maps to: missing for every patient.
    rows : int64 array of shape (records,)
        The source's row of each record, as a spreadsheet shows it.
    pseudonyms : object array of shape (records,) or None
        Whose each record is, by the node's own key; None where no column tells patients apart.
    """

    records: Records
    problems: list[Problem]
    rows_read: int
    rows_set_aside: int
    source: str
    unmapped_features: list[str]
    rows: npt.NDArray[np.int64]
    pseudonyms: npt.NDArray[np.object_] | None = None


def load_records(
    contract: Contract,
    mapping_path: str | Path,
    known_term: KnownTerm | None = None,
    patient_key: bytes = PROCESS_KEY,
    change: Callable[[Mapping], Mapping] | None = None,
) -> LoadedRecords:
    """Read a hospital's data through its mapping file.

    No column that the contract calls identifying is loaded; the one that tells patients apart is
    turned into pseudonyms before anything else looks at it, and dropped.

    Parameters
    ----------
    contract : Contract
    mapping_path : path
        The mapping file; paths in it are relative to its folder.
    known_term : callable, optional
        Says whether a term exists; without it the feature's terminology is asked.
    patient_key : bytes
        Key of the pseudonyms.
    change : callable, optional
        Changes the mapping before anything is read with it; the file stays as it is.

    Raises
    ------
    SettingsError
        When the mapping is wrong in itself or does not fit the contract.
    DataError
        When the source cannot be read, a whole column is wrong, no good row is left, or any row is
        wrong and the mapping says to stop. Carries all problems.
    """
    path = Path(mapping_path)
    mapping = load_mapping(path) if change is None else change(load_mapping(path))
    check_agreement(contract, mapping, str(path))
    source = open_source(mapping, path.parent)
    patient, missing = mapping.rows.patient, frozenset(mapping.rows.missing)
    read = source.read(mapping.local_columns)
    table = with_pseudonyms(read, patient, missing, patient_key)
    checked = validation.validate(contract, mapping, table, source.name, known_term)
    _refuse_problems(mapping, table, checked, source.name)
    mapped = {column.feature for column in mapping.column}
    return LoadedRecords(
        records=checked.records,
        problems=checked.problems,
        rows_read=table.rows_read,
        rows_set_aside=table.rows_read - len(checked.records),
        source=source.name,
        unmapped_features=[name for name in contract.recorded if name not in mapped],
        rows=checked.rows,
        pseudonyms=checked.pseudonyms,
    )


def _refuse_problems(
    mapping: Mapping, table: RawTable, checked: validation.Validation, source: str
) -> None:
    """Raise DataError unless the good rows may be used."""
    problems = checked.problems
    if checked.column_problems:
        raise DataError(
            f"{source}: {_count(problems)}, of which {len(checked.column_problems)} concern "
            "whole columns.",
            "Correct the columns first, in the mapping or at the source.",
            problems,
        )
    if table.rows_read == 0:
        raise DataError(f"{source} holds no rows.", "Export the patients again.")
    bad_rows = table.rows_read - len(checked.records)
    counts = f"{_count(problems)} in {bad_rows} of {table.rows_read} rows"
    if len(checked.records) == 0:
        fix = "Correct the mapping or the data; no row is right."
        raise DataError(f"{source}: {counts}.", fix, problems)
    if problems and mapping.rows.bad_rows == "stop":
        raise DataError(
            f"{source}: {counts}.",
            'Correct them, or set rows.bad_rows = "set_aside" to go on with the good rows.',
            problems,
        )


def _count(problems: list[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
