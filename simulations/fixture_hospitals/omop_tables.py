"""The tables of the OMOP common data model 5.4 that heart patients fill, as its DDL has them."""

from __future__ import annotations

import sqlalchemy as sa

Columns = list["sa.Column[object]"]


def omop_tables(schema: str | None = None) -> sa.MetaData:
    """Return the definitions of the tables, to be created in a schema."""
    data = sa.MetaData(schema=schema)
    _vocabulary(data)
    sa.Table(
        "person",
        data,
        *_whole("person_id", "gender_concept_id"),
        # The CDM asks for the year; hospitals that do not know it leave it out nevertheless.
        *_whole("year_of_birth", "month_of_birth", "day_of_birth", null=True),
        _moment("birth_datetime"),
        *_whole("race_concept_id", "ethnicity_concept_id"),
        *_texts("person_source_value", "gender_source_value"),
    )
    sa.Table(
        "observation_period",
        data,
        *_whole("observation_period_id", "person_id"),
        *[_day(f"observation_period_{end}_date") for end in ("start", "end")],
        *_whole("period_type_concept_id"),
    )
    sa.Table(
        "visit_occurrence",
        data,
        *_whole("visit_occurrence_id", "person_id", "visit_concept_id"),
        *[_day("visit_start_date"), _moment("visit_start_datetime"), _day("visit_end_date")],
        *_whole("visit_type_concept_id"),
    )
    sa.Table("death", data, *_whole("person_id"), _day("death_date"))
    for name, start in EVENTS.items():
        _events(data, name, start)
    return data


EVENTS = {
    "condition_occurrence": "condition_start",
    "drug_exposure": "drug_exposure_start",
    "procedure_occurrence": "procedure",
    "measurement": "measurement",
    "observation": "observation",
}


def _vocabulary(data: sa.MetaData) -> None:
    sa.Table(
        "concept",
        data,
        *_whole("concept_id"),
        *_texts("concept_name", "domain_id", "vocabulary_id", "concept_class_id", null=False),
        *_texts("standard_concept"),
        *_texts("concept_code", null=False),
        _day("valid_start_date"),
        _day("valid_end_date"),
    )
    sa.Table(
        "concept_ancestor",
        data,
        *_whole("ancestor_concept_id", "descendant_concept_id"),
        *_whole("min_levels_of_separation", "max_levels_of_separation"),
    )
    sa.Table(
        "note",
        data,
        *_whole("note_id", "person_id"),
        _day("note_date"),
        _moment("note_datetime"),
        *_whole("note_type_concept_id", "note_class_concept_id"),
        *_texts("note_title"),
        sa.Column("note_text", sa.Text, nullable=False),
        *_whole("visit_occurrence_id", null=True),
    )


def _events(data: sa.MetaData, name: str, start: str) -> None:
    what = name.partition("_")[0]
    values: Columns = []
    if name in {"measurement", "observation"}:
        values = [
            sa.Column("value_as_number", sa.Double),
            *_whole("operator_concept_id", null=True),
            *_texts("value_as_string"),
            *_whole("value_as_concept_id", "unit_concept_id", null=True),
            *_texts("unit_source_value", "value_source_value"),
        ]
        absent = "value_as_string" if name == "measurement" else "operator_concept_id"
        values = [each for each in values if each.name != absent]
    sa.Table(
        name,
        data,
        *_whole(f"{name}_id", "person_id", f"{what}_concept_id"),
        _day(f"{start}_date"),
        _moment(f"{start}_datetime"),
        *_whole(f"{what}_type_concept_id"),
        *values,
        *_whole("visit_occurrence_id", f"{what}_source_concept_id", null=True),
        *_texts(f"{what}_source_value"),
    )


def _whole(*names: str, null: bool = False) -> Columns:
    return [sa.Column(name, sa.Integer, nullable=null, autoincrement=False) for name in names]


def _texts(*names: str, null: bool = True) -> Columns:
    return [sa.Column(name, sa.String(255), nullable=null) for name in names]


def _day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime)
