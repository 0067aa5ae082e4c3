"""Which concepts a field means, and the code of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from client.sources.omop.fields import OmopField, parse_code
from client.sources.omop.tables import ancestor_table, concept_table
from shared.errors import Problem

CODE_FIX = "Correct its code in the mapping; vocabulary|code as the table concept has them."


@dataclass(frozen=True)
class Vocabulary:
    """The vocabulary tables of a CDM."""

    schema: str | None

    def ids(self, field: OmopField) -> sa.CompoundSelect[tuple[int]] | sa.Select[tuple[int]]:
        """Return the query of the concept ids that a field means."""
        concept = concept_table(self.schema)
        chosen = sa.select(concept.c.concept_id).where(_conditions(concept, field))
        if not field.descendants:
            return chosen
        ancestor = ancestor_table(self.schema)
        below = sa.select(ancestor.c.descendant_concept_id).where(
            sa.or_(
                ancestor.c.ancestor_concept_id.in_(chosen),
                ancestor.c.ancestor_concept_id.in_(field.concept),
            )
        )
        return sa.union_all(chosen, below)

    def codes(self, connection: sa.Connection, field: OmopField) -> dict[int, str]:
        """Return the code of each concept that a field means.

        A concept id that the mapping names counts even where the table of concepts lacks it; its
        code is then the number.
        """
        concept = concept_table(self.schema)
        query = sa.select(concept.c.concept_id, concept.c.concept_code).where(
            concept.c.concept_id.in_(self.ids(field))
        )
        found = {int(key): str(code) for key, code in connection.execute(query)}
        return {**{each: str(each) for each in field.concept}, **found}


@dataclass(frozen=True)
class FieldConcepts:
    """The fields of one table that each concept belongs to, with its code there.

    Attributes
    ----------
    fields : sequence of OmopField
    """

    fields: Sequence[OmopField]
    _known: dict[int, list[tuple[int, str]]]
    _all: Sequence[int]

    @classmethod
    def read(
        cls, connection: sa.Connection, vocabulary: Vocabulary, fields: Sequence[OmopField]
    ) -> FieldConcepts:
        """Look the fields' concepts up."""
        known: dict[int, list[tuple[int, str]]] = {}
        for place, field in enumerate(fields):
            if field.concept or field.code:
                for concept, code in vocabulary.codes(connection, field).items():
                    known.setdefault(concept, []).append((place, code))
        # Notes need no code.
        every = [place for place, field in enumerate(fields) if not (field.concept or field.code)]
        return cls(fields, known, every)

    def of(self, concept: int | None, source_concept: int | None) -> dict[int, str]:
        """Return the places of the fields that a row belongs to, and its code in each."""
        found = dict.fromkeys(self._all, "")
        for each in (source_concept, concept):
            if each is not None:
                found.update(self._known.get(each, ()))
        return found

    def problems(self, source: str) -> list[Problem]:
        """Return a problem for each field whose codes no concept has."""
        used = {place for places in self._known.values() for place, _ in places} | set(self._all)
        return [
            Problem(source, None, field.name, "a code that the vocabulary tables have", CODE_FIX)
            for place, field in enumerate(self.fields)
            if place not in used
        ]


def _conditions(concept: sa.TableClause, field: OmopField) -> sa.ColumnElement[bool]:
    conditions: list[sa.ColumnElement[bool]] = [concept.c.concept_id.in_(field.concept)]
    for vocabulary, code, is_prefix in map(parse_code, field.code):
        same = sa.func.lower(concept.c.vocabulary_id) == vocabulary.lower()
        column = concept.c.concept_code
        codes = column.startswith(code, autoescape=True) if is_prefix else column == code
        conditions.append(sa.and_(same, codes))
    return sa.or_(*conditions)
