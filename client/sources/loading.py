"""A mapping file and the data it describes, read and checked into records, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

# The module and not its names: it needs parts of this package, whichever is imported first.
from client import validation
from client.sources.agreement import check_agreement
from client.sources.conversion import KnownTerm
from client.sources.dates import Dates
from client.sources.found_problems import FoundProblems
from client.sources.gathering import Gathered, Limit
from client.sources.mapping import Mapping, load_mapping
from client.sources.pseudonyms import PROCESS_KEY, with_pseudonyms
from client.sources.reading import Source, open_source
from client.sources.renamed_mapping import under_contract
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
        What was wrong with the rows that were set aside; of each kind the first
        `found_problems.KEPT_OF_A_KIND`.
    problem_count : int
        All of them, those that are not in `problems` among them.
    remarks : list of str
        What a person should know of how the source was read.
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
    dates : datetime64[D] array of shape (records,) or None
        When each record is of, not-a-time where unknown; None where no column says it.
    """

    records: Records
    problems: list[Problem]
    rows_read: int
    rows_set_aside: int
    source: str
    unmapped_features: list[str]
    rows: npt.NDArray[np.int64]
    pseudonyms: npt.NDArray[np.object_] | None = None
    dates: Dates | None = None
    problem_count: int = 0
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CheckedSource:
    """What reading a whole source showed, without its records.

    Attributes
    ----------
    problems, problem_count, rows_read, source, unmapped_features, remarks
        As in `LoadedRecords`.
    good_rows : int
        Rows that would be records.
    """

    problems: list[Problem]
    problem_count: int
    rows_read: int
    good_rows: int
    source: str
    unmapped_features: list[str]
    remarks: list[str]

    @property
    def rows_set_aside(self) -> int:
        """Rows with a problem."""
        return self.rows_read - self.good_rows


def load_records(
    contract: Contract,
    mapping_path: str | Path,
    known_term: KnownTerm | None = None,
    patient_key: bytes = PROCESS_KEY,
    change: Callable[[Mapping], Mapping] | None = None,
    *,
    labelled: bool = True,
    in_memory: Limit | None = None,
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
    labelled : bool
        Whether each row must have a diagnosis; patients who are yet to be diagnosed have none.
    in_memory : Limit, optional
        From how many rows on the records are kept on the disk; always in memory without it.

    Raises
    ------
    SettingsError
        When the mapping is wrong in itself or does not fit the contract.
    DataError
        When the source cannot be read, a whole column is wrong, no good row is left, or any row is
        wrong and the mapping says to stop. Carries all problems.
    """
    reading = _open(contract, mapping_path, known_term, patient_key, change)
    reading.labelled = labelled
    gathered = Gathered(contract, in_memory)
    for part in reading.parts():
        gathered.add(part)
    checked = reading.finish()
    several = reading.mapping.rows.patient_rows == "several"
    return LoadedRecords(
        records=gathered.records(several=several),
        problems=checked.problems,
        rows_read=checked.rows_read,
        rows_set_aside=checked.rows_set_aside,
        source=checked.source,
        unmapped_features=checked.unmapped_features,
        rows=gathered.rows(),
        pseudonyms=gathered.pseudonyms(),
        dates=gathered.dates(),
        problem_count=checked.problem_count,
        remarks=checked.remarks,
    )


def check_records(
    contract: Contract,
    mapping_path: str | Path,
    known_term: KnownTerm | None = None,
    patient_key: bytes = PROCESS_KEY,
    change: Callable[[Mapping], Mapping] | None = None,
) -> CheckedSource:
    """Read a hospital's data as `load_records` does, and keep none of it.

    The memory it takes is that of one batch, and 8 bytes for each patient.

    Raises
    ------
    SettingsError, DataError
        As `load_records`.
    """
    reading = _open(contract, mapping_path, known_term, patient_key, change)
    for _ in reading.parts():
        pass
    return reading.finish()


def _open(
    contract: Contract,
    mapping_path: str | Path,
    known_term: KnownTerm | None,
    patient_key: bytes,
    change: Callable[[Mapping], Mapping] | None,
) -> _Reading:
    path = Path(mapping_path)
    mapping = under_contract(contract, load_mapping(path))
    mapping = mapping if change is None else change(mapping)
    check_agreement(contract, mapping, str(path))
    source = open_source(mapping, path.parent)
    return _Reading(contract, mapping, source, known_term, patient_key)


@dataclass
class _Reading:
    """A source on its way to records."""

    contract: Contract
    mapping: Mapping
    source: Source
    known_term: KnownTerm | None
    patient_key: bytes
    labelled: bool = True
    rows_read: int = 0
    good_rows: int = 0
    found: FoundProblems = field(default_factory=FoundProblems)
    remarks: dict[str, None] = field(default_factory=dict)

    def parts(self) -> Iterator[validation.Validation]:
        """Yield the records of each batch; its raw cells are gone by then."""
        earlier = validation.Earlier()
        name, rows = self.source.name, self.mapping.rows
        missing = frozenset(rows.missing)
        for batch in self.source.batches(self.mapping.local_columns):
            table = with_pseudonyms(batch, rows.patient, missing, self.patient_key)
            part = validation.validate(
                self.contract,
                self.mapping,
                table,
                name,
                self.known_term,
                earlier,
                labelled=self.labelled,
            )
            self.rows_read += table.rows_read
            self.good_rows += len(part.records)
            self.found.add(part.problems)
            self.remarks |= dict.fromkeys(table.remarks)
            yield replace(part, problems=[])
        self.found.add(earlier.suspected_units(self.contract, self.mapping, name))

    def finish(self) -> CheckedSource:
        """Return what was found, once all parts are read.

        Raises
        ------
        DataError
            Unless the good rows may be used.
        """
        mapped = {column.feature for column in self.mapping.column}
        checked = CheckedSource(
            problems=self.found.kept(),
            problem_count=self.found.count,
            rows_read=self.rows_read,
            good_rows=self.good_rows,
            source=self.source.name,
            unmapped_features=[name for name in self.contract.recorded if name not in mapped],
            remarks=list(self.remarks),
        )
        _refuse_problems(self.mapping, checked, self.found.column_count)
        return checked


def _refuse_problems(mapping: Mapping, checked: CheckedSource, column_problems: int) -> None:
    """Raise DataError unless the good rows may be used."""
    source, problems = checked.source, checked.problems
    count = "1 problem" if checked.problem_count == 1 else f"{checked.problem_count} problems"
    if column_problems:
        raise DataError(
            f"{source}: {count}, of which {column_problems} concern whole columns.",
            "Correct the columns first, in the mapping or at the source.",
            problems,
        )
    if checked.rows_read == 0:
        raise DataError(f"{source} holds no rows.", "Export the patients again.")
    counts = f"{count} in {checked.rows_set_aside} of {checked.rows_read} rows"
    if checked.good_rows == 0:
        fix = "Correct the mapping or the data; no row is right."
        raise DataError(f"{source}: {counts}.", fix, problems)
    if problems and mapping.rows.bad_rows == "stop":
        raise DataError(
            f"{source}: {counts}.",
            'Correct them, or set rows.bad_rows = "set_aside" to go on with the good rows.',
            problems,
        )
