"""The source as the daily job sees it: rows without a problem, each with a name that stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from client.audit.identifier import new_id
from client.daily.record_book import PickedUp
from client.home import NodeHome
from client.review.identity import identities
from client.review.opening import mapping_change, read_overlay
from client.serving.case import Case, Value
from client.sources.loading import LoadedRecords, load_records
from client.sources.mapping import Mapping
from client.sources.pseudonyms import patient_key
from shared.contract import Contract
from shared.errors import Problem


@dataclass(frozen=True)
class SourceRecord:
    """One record of the source.

    Attributes
    ----------
    record : str
        Its name: a keyed hash of whose it is and what it holds, without the diagnosis.
    patient : str
        Pseudonym; empty where no column tells patients apart.
    row : int
        As a spreadsheet shows it.
    place : int
        Among the good rows.
    """

    record: str
    patient: str
    row: int
    place: int

    def planned(self, day: str) -> PickedUp:
        """Return it as picked up, with the id that its answer will have."""
        return PickedUp(self.record, day, self.patient, self.row, new_id())


@dataclass(frozen=True)
class DailySource:
    """What the source gave.

    Attributes
    ----------
    records : tuple of SourceRecord
        Good rows up to the day, in the source's order.
    """

    contract: Contract
    loaded: LoadedRecords
    records: tuple[SourceRecord, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with rows that were set aside."""
        return tuple(self.loaded.problems)

    def case(self, record: SourceRecord) -> Case:
        """Return what is recorded of a patient."""
        table = self.loaded.records.table
        return Case(
            {name: value_of(table[name].iat[record.place]) for name in self.contract.recorded}
        )


def value_of(cell: object) -> Value:
    """Return a cell of typed records as cases have it."""
    if isinstance(cell, float | np.floating):
        return None if np.isnan(cell) else float(cell)
    return cell  # type: ignore[return-value]


def read_daily(home: NodeHome, until: date) -> DailySource:
    """Read the source; rows with a problem are set aside, whatever the mapping says of training.

    Parameters
    ----------
    until : date
        Rows dated later are left for their day, where a column says the date.

    Raises
    ------
    SettingsError
        When the mapping cannot be used.
    DataError
        When the source cannot be read, or a whole column is wrong.
    """
    contract, key = home.contract(), patient_key(home.patient_key_file)
    rules = mapping_change(read_overlay(home))
    loaded = load_records(
        contract,
        home.mapping_file,
        patient_key=key,
        change=lambda mapping: _setting_aside(rules(mapping)),
        labelled=False,
    )
    named = identities(contract, loaded, key)
    later = _later(loaded, until)
    records = tuple(
        SourceRecord(name.item("daily", ""), name.person, int(loaded.rows[place]), place)
        for place, name in enumerate(named)
        if name is not None and not later[place]
    )
    return DailySource(contract, loaded, records)


def _setting_aside(mapping: Mapping) -> Mapping:
    rows = mapping.rows.model_copy(update={"bad_rows": "set_aside"})
    return mapping.model_copy(update={"rows": rows})


def _later(loaded: LoadedRecords, until: date) -> np.ndarray:
    """Return which records are dated after a day; one without a date is not."""
    if loaded.dates is None:
        return np.zeros(len(loaded.records), dtype=np.bool_)
    return loaded.dates > np.datetime64(until)
