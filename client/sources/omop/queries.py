"""One query for each table that is read, its rows in the order of persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from client.sources.omop.concepts import Vocabulary
from client.sources.omop.fields import OmopField
from client.sources.omop.settings import OmopSettings
from client.sources.omop.tables import (
    EVENT_TABLES,
    concept_table,
    death_table,
    event_table,
    period_table,
    person_table,
    visit_table,
)

# Concept ids of the operators <=, >=, < and >.
LIMIT_OPERATORS = {4171754, 4171755, 4171756, 4172704}
Query = sa.Select[Any]


def persons(settings: OmopSettings) -> Query:
    """Return the query of persons."""
    person = person_table(settings.schema_name)
    return sa.select(*person.c).order_by(person.c.person_id)


def deaths(settings: OmopSettings) -> Query:
    """Return the query of persons who died."""
    death = death_table(settings.schema_name)
    return sa.select(death.c.person_id).order_by(death.c.person_id)


def visits(settings: OmopSettings, vocabulary: Vocabulary) -> Query:
    """Return the query of visits, with the code of their concept."""
    visit, concept = visit_table(settings.schema_name), concept_table(vocabulary.schema)
    query = sa.select(
        visit.c.person_id,
        visit.c.visit_occurrence_id,
        visit.c.visit_start_date,
        concept.c.concept_code,
    ).select_from(_with_code(visit, visit.c.visit_concept_id, concept))
    if settings.visit_concept is not None:
        query = query.where(visit.c.visit_concept_id.in_(settings.visit_concept))
    return query.order_by(visit.c.person_id)


def last_observed(settings: OmopSettings) -> Query:
    """Return the query of the last day of each person's observation periods."""
    period = period_table(settings.schema_name)
    last = sa.func.max(period.c.observation_period_end_date)
    return sa.select(period.c.person_id, last).group_by(period.c.person_id).order_by("person_id")


def events(
    settings: OmopSettings, vocabulary: Vocabulary, table: str, fields: Sequence[OmopField]
) -> Query:
    """Return the query of a table's rows that have the fields' concepts.

    The columns: person, key, day, moment, visit, concept, source concept, then those of values as
    far as a field needs them: value_as_number, unit, operator, answer, text.
    """
    events, columns = event_table(table, settings.schema_name), EVENT_TABLES[table]
    joined: sa.FromClause = events
    values: list[sa.ColumnElement[Any]] = []
    kinds = {field.kind for field in fields}
    if "quantity" in kinds:
        unit = concept_table(vocabulary.schema).alias("unit")
        joined = _with_code(joined, events.c.unit_concept_id, unit)
        named = sa.func.coalesce(unit.c.concept_code, events.c.unit_source_value)
        operator = events.c.operator_concept_id if table == "measurement" else sa.null()
        values += [events.c.value_as_number, named.label("unit"), operator.label("operator")]
    if "code" in kinds and table in {"measurement", "observation"}:
        answer = concept_table(vocabulary.schema).alias("answer")
        joined = _with_code(joined, events.c.value_as_concept_id, answer)
        said = sa.func.coalesce(answer.c.concept_code, events.c.value_source_value)
        values.append(said.label("answer"))
    if "text" in kinds:
        name = {"note": "note_text", "observation": "value_as_string"}.get(table)
        values.append(events.c[name or "value_source_value"].label("text"))
    shared = [columns.key, columns.day, columns.moment, "visit_occurrence_id"]
    concepts = [columns.concept, columns.source_concept]
    query = sa.select(
        *[events.c[name] for name in ["person_id", *shared, *concepts]], *values
    ).select_from(joined)
    if all(field.concept or field.code for field in fields):
        either = (events.c[columns.concept], events.c[columns.source_concept])
        query = query.where(sa.or_(*[_is_meant(column, vocabulary, fields) for column in either]))
    return query.order_by(events.c.person_id)


def _is_meant(
    column: sa.ColumnElement[int], vocabulary: Vocabulary, fields: Sequence[OmopField]
) -> sa.ColumnElement[bool]:
    """Return the condition that a concept is one of some field's."""
    direct = [concept for field in fields for concept in field.concept]
    looked_up = [vocabulary.ids(field) for field in fields if field.code or field.descendants]
    return sa.or_(column.in_(direct), *[column.in_(ids) for ids in looked_up])


def _with_code(
    left: sa.FromClause, key: sa.ColumnElement[int], concept: sa.FromClause
) -> sa.FromClause:
    """Join the code of a concept; 0 is none."""
    return left.outerjoin(concept, sa.and_(concept.c.concept_id == key, key != 0))
