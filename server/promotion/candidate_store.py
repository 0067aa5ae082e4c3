"""Candidates and every step that each took, in the coordinator's database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import candidate_transitions, candidates, now
from server.promotion.candidate import ENDED, Candidate, State, Transition
from shared.errors import SettingsError

# Columns of their own; all else of a candidate is one JSON text.
COLUMNS = ("id", "state", "revision", "since")


class ChangedMeanwhileError(SettingsError):
    """Somebody else decided about the candidate first."""


class CandidateStore:
    """Reads and moves candidates; each step is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, candidate: Candidate, actor: str, reason: str) -> Candidate:
        """Write down a new candidate; one of the same run that is there already stays."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(candidates).values(**row_of(candidate)))
                connection.execute(
                    insert(candidate_transitions).values(
                        candidate=candidate.id,
                        revision=candidate.revision,
                        before=None,
                        after=candidate.state,
                        at=candidate.since,
                        actor=actor,
                        reason=reason,
                    )
                )
        except IntegrityError:
            return self.read(candidate.id)
        return candidate

    def move(
        self, seen: Candidate, to: State, actor: str, reason: str, **changes: object
    ) -> Candidate:
        """Bring a candidate into another state.

        Parameters
        ----------
        seen : Candidate
            As it was when the step was decided on: whoever is second fails.
        changes
            Other fields that change with it.

        Raises
        ------
        ChangedMeanwhileError
            Naming who was first.
        """
        moved = seen.model_copy(
            update={**changes, "state": to, "since": now(), "revision": seen.revision + 1}
        )
        with self._engine.begin() as connection:
            done = connection.execute(
                update(candidates)
                .where(candidates.c.id == seen.id, candidates.c.revision == seen.revision)
                .values(**row_of(moved))
            )
            if done.rowcount:
                connection.execute(
                    insert(candidate_transitions).values(
                        candidate=seen.id,
                        revision=moved.revision,
                        before=seen.state,
                        after=to,
                        at=moved.since,
                        actor=actor,
                        reason=reason,
                    )
                )
        if not done.rowcount:
            raise self._changed(seen)
        return moved

    def note(self, seen: Candidate, **changes: object) -> Candidate:
        """Write down what was learned of a candidate, which stays in its state.

        Raises
        ------
        ChangedMeanwhileError
            When it was moved since it was seen.
        """
        noted = seen.model_copy(update=changes)
        with self._engine.begin() as connection:
            done = connection.execute(
                update(candidates)
                .where(candidates.c.id == seen.id, candidates.c.revision == seen.revision)
                .values(content=row_of(noted)["content"])
            )
        if not done.rowcount:
            raise self._changed(seen)
        return noted

    def find(self, identifier: str) -> Candidate | None:
        """Return a candidate, if there is one."""
        query = select(candidates).where(candidates.c.id == identifier)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else candidate_of(row._asdict())

    def read(self, identifier: str) -> Candidate:
        """Return a candidate.

        Raises
        ------
        SettingsError
            When there is none.
        """
        found = self.find(identifier)
        if found is None:
            raise SettingsError(
                f"There is no candidate {identifier!r}.",
                "`juntos coordinator decisions` lists them; a reviewed run brings one.",
            )
        return found

    def all(self) -> list[Candidate]:
        """Return every candidate, the oldest first."""
        query = select(candidates).order_by(candidates.c.id)
        with self._engine.connect() as connection:
            return [candidate_of(row._asdict()) for row in connection.execute(query)]

    def on_the_way(self) -> list[Candidate]:
        """Return candidates that are neither in use for good nor out."""
        return [each for each in self.all() if each.state not in ENDED]

    def transitions(self, identifier: str) -> list[Transition]:
        """Return the steps of a candidate in order."""
        query = (
            select(candidate_transitions)
            .where(candidate_transitions.c.candidate == identifier)
            .order_by(candidate_transitions.c.revision)
        )
        with self._engine.connect() as connection:
            return [Transition.model_validate(row._asdict()) for row in connection.execute(query)]

    def _changed(self, seen: Candidate) -> ChangedMeanwhileError:
        last = self.transitions(seen.id)[-1]
        return ChangedMeanwhileError(
            f"{seen.id} was decided meanwhile: {last.actor} brought it to "
            f"{last.after.replace('_', ' ')} at {last.at}. {last.reason}".strip(),
            "Look at it again: `juntos coordinator decisions " + seen.id + "`.",
        )


def row_of(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as a database row."""
    content = candidate.model_dump(mode="json", exclude=set(COLUMNS))
    return {
        **{name: getattr(candidate, name) for name in COLUMNS},
        "content": json.dumps(content),
    }


def candidate_of(row: Mapping[str, Any]) -> Candidate:
    """Turn a database row into a candidate."""
    named = {name: row[name] for name in COLUMNS}
    return Candidate.model_validate({**json.loads(row["content"]), **named})
