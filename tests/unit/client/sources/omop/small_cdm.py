"""A small database in the OMOP common data model, filled row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from client.sources.omop.settings import OmopSettings
from client.sources.omop.source import OmopSource
from client.sources.raw_table import RawTable, one_table
from simulations.fixture_hospitals.omop_tables import EVENTS, omop_tables

CHOLESTEROL, DIABETES, TYPE_2, ASPIRIN = 3027114, 201820, 201826, 1112807
MG_DL, MMOL_L = 8840, 8753
CONCEPTS = [
    (CHOLESTEROL, "LOINC", "2093-3"),
    (DIABETES, "SNOMED", "73211009"),
    (TYPE_2, "SNOMED", "44054006"),
    (45_000_001, "ICD10CM", "E11.9"),
    (45_000_002, "ICD10CM", "E110"),
    (45_000_003, "ICD10CM", "I25.1"),
    (ASPIRIN, "RxNorm", "1191"),
    (MG_DL, "UCUM", "mg/dL"),
    (MMOL_L, "UCUM", "mmol/L"),
    (9201, "Visit", "IP"),
    (9202, "Visit", "OP"),
]
LESS = 4171756


class SmallCdm:
    """An SQLite file, or any empty database by its URL."""

    def __init__(self, folder: Path, url: str = "sqlite:///cdm.db") -> None:
        self.folder, self.url = folder, url
        self._tables = omop_tables()
        address = sa.make_url(url)
        if address.host is None:
            address = address.set(database=str(folder / str(address.database)))
        self._engine = sa.create_engine(address)
        self._tables.create_all(self._engine)
        self._key = 0
        for concept, vocabulary, code in CONCEPTS:
            self.add(
                "concept",
                concept_id=concept,
                concept_name=code,
                domain_id="",
                vocabulary_id=vocabulary,
                concept_class_id="",
                concept_code=code,
                valid_start_date=date(1970, 1, 1),
                valid_end_date=date(2099, 1, 1),
            )
        for below in (DIABETES, TYPE_2):
            self.add(
                "concept_ancestor",
                ancestor_concept_id=DIABETES,
                descendant_concept_id=below,
                min_levels_of_separation=0,
                max_levels_of_separation=1,
            )

    def add(self, table: str, **cells: Any) -> None:  # noqa: ANN401
        """Insert a row."""
        with self._engine.begin() as connection:
            connection.execute(self._tables.tables[table].insert(), [cells])

    def execute(self, statement: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(statement))

    def person(self, number: int, year: int | None = 1960, **cells: Any) -> None:  # noqa: ANN401
        given = {"gender_concept_id": 8507, "race_concept_id": 0, "ethnicity_concept_id": 0}
        self.add("person", person_id=number, year_of_birth=year, **{**given, **cells})

    def visit(self, number: int, day: str, key: int, concept: int = 9202) -> None:
        self.add(
            "visit_occurrence",
            visit_occurrence_id=key,
            person_id=number,
            visit_concept_id=concept,
            visit_start_date=date.fromisoformat(day),
            visit_end_date=date.fromisoformat(day),
            visit_type_concept_id=0,
        )

    def event(self, table: str, number: int, concept: int, when: str, **cells: Any) -> None:  # noqa: ANN401
        """Insert an event; `when` is a day, or a day and a time."""
        what = table.partition("_")[0]
        moment = datetime.fromisoformat(when)
        self._key += 1
        start = EVENTS[table]
        self.add(
            table,
            **{
                f"{table}_id": self._key,
                "person_id": number,
                f"{what}_concept_id": concept,
                f"{start}_date": moment.date(),
                f"{start}_datetime": moment if "T" in when else None,
                f"{what}_type_concept_id": 0,
                **cells,
            },
        )

    def note(self, number: int, day: str, text: str, **cells: Any) -> None:  # noqa: ANN401
        self._key += 1
        given = {"note_type_concept_id": 0, "note_class_concept_id": 0}
        self.add(
            "note",
            note_id=self._key,
            person_id=number,
            note_date=date.fromisoformat(day),
            note_text=text,
            **{**given, **cells},
        )

    def source(
        self, *fields: dict[str, Any], units: dict[str, str] | None = None, **source: object
    ) -> OmopSource:
        """Return the source that a mapping would make of the database."""
        # DuckDB gives a file to one writer, or to readers.
        self._engine.dispose()
        content = {"kind": "omop", "url": self.url, "field": list(fields), **source}
        return OmopSource(OmopSettings.model_validate(content), self.folder, units or {})

    def read(self, columns: Sequence[str], *fields: dict[str, Any], **source: Any) -> RawTable:  # noqa: ANN401
        """Return all rows of some columns."""
        return one_table(self.source(*fields, **source).batches(columns))


def cells(table: RawTable, name: str) -> list[object]:
    """Return a column with None where it is missing."""
    column = table.cells[name].astype(object)
    return column.where(pd.notna(column), None).tolist()
