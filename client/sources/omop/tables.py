"""The tables of OMOP CDM 5.4 that are read, with the columns that are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

WHOLE = sa.BigInteger()
NUMBER = sa.Float()
TEXT = sa.Text()
DAY = sa.Date()
MOMENT = sa.DateTime()


@dataclass(frozen=True)
class EventTable:
    """Where a table of events keeps what all of them have.

    Attributes
    ----------
    key, concept, source_concept, day, moment : str
        Names of columns.
    """

    key: str
    concept: str
    source_concept: str
    day: str
    moment: str


def _events(name: str, start: str = "") -> EventTable:
    """Return the columns of a table that follows the CDM's habits."""
    what = name.partition("_")[0]
    start = start or what
    return EventTable(
        f"{name}_id",
        f"{what}_concept_id",
        f"{what}_source_concept_id",
        f"{start}_date",
        f"{start}_datetime",
    )


EVENT_TABLES = {
    "condition_occurrence": _events("condition_occurrence", "condition_start"),
    "drug_exposure": _events("drug_exposure", "drug_exposure_start"),
    "procedure_occurrence": _events("procedure_occurrence"),
    "measurement": _events("measurement"),
    "observation": _events("observation"),
    # A note has a class and a type, neither of which is a source's.
    "note": EventTable(
        "note_id", "note_class_concept_id", "note_type_concept_id", "note_date", "note_datetime"
    ),
}
VALUE_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "value_as_number": NUMBER,
    "value_as_concept_id": WHOLE,
    "value_source_value": TEXT,
    "value_as_string": TEXT,
    "operator_concept_id": WHOLE,
    "unit_concept_id": WHOLE,
    "unit_source_value": TEXT,
    "note_text": TEXT,
}


def event_table(name: str, schema: str | None) -> sa.TableClause:
    """Return a table of events."""
    columns = EVENT_TABLES[name]
    whole = [columns.key, "person_id", columns.concept, columns.source_concept]
    return sa.table(
        name,
        *[sa.column(each, WHOLE) for each in [*whole, "visit_occurrence_id"]],
        sa.column(columns.day, DAY),
        sa.column(columns.moment, MOMENT),
        *[sa.column(each, kind) for each, kind in VALUE_COLUMNS.items()],
        schema=schema,
    )


def person_table(schema: str | None) -> sa.TableClause:
    """Return the table of persons."""
    names = ["person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"]
    return sa.table("person", *[sa.column(each, WHOLE) for each in names], schema=schema)


def death_table(schema: str | None) -> sa.TableClause:
    """Return the table of those who died."""
    return sa.table("death", sa.column("person_id", WHOLE), schema=schema)


def visit_table(schema: str | None) -> sa.TableClause:
    """Return the table of visits."""
    names = ["visit_occurrence_id", "person_id", "visit_concept_id"]
    day = sa.column("visit_start_date", DAY)
    columns = [sa.column(each, WHOLE) for each in names]
    return sa.table("visit_occurrence", *columns, day, schema=schema)


def period_table(schema: str | None) -> sa.TableClause:
    """Return the table of observation periods."""
    end = sa.column("observation_period_end_date", DAY)
    return sa.table("observation_period", sa.column("person_id", WHOLE), end, schema=schema)


def concept_table(schema: str | None) -> sa.TableClause:
    """Return the table of concepts."""
    return sa.table(
        "concept",
        sa.column("concept_id", WHOLE),
        sa.column("vocabulary_id", TEXT),
        sa.column("concept_code", TEXT),
        schema=schema,
    )


def ancestor_table(schema: str | None) -> sa.TableClause:
    """Return the table of what stands below what."""
    names = ["ancestor_concept_id", "descendant_concept_id"]
    return sa.table("concept_ancestor", *[sa.column(each, WHOLE) for each in names], schema=schema)
