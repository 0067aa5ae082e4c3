"""The queue: questions about records and features, each with why it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from sqlalchemy import Engine, delete, select

from client.review.identity import RecordIdentity
from client.review.tables import items as table
from shared.database import locked
from shared.settings_file import StrictModel

Asked = Literal["diagnosis", "record", "empty", "code"]


class Concern(StrictModel):
    """Something that a person should look at.

    Attributes
    ----------
    question : {"diagnosis", "record", "empty", "code"}
        Whether the diagnosis is right, whether the record is, what an empty cell means, what a code
        of the source means.
    kind : str
        Of the finding that it comes from; see `client.data_quality.finding`.
    feature : str
        Of which feature; empty for the whole record.
    row : int or None
        The position among the loaded records; None for a whole feature.
    severity, suspicion : float
        How bad it would be, and how likely it is; from 0 to 1.
    asks, because : dict of str to str
        The question and its reason, by language; the page has words of its own where there are
        none.
    facts : dict of str to float
        Probabilities that the reason speaks of.
    matches : str or None
        For a whole feature, the local code that is asked about; None for the empty cell.
    models : {"none", "local", "federated"}
        Whose models were asked.
    probabilities : dict of str to float
        What a model that learned from other records says of each class; empty without one.
    suggested : str
        The class it thinks right; empty without one.
    """

    question: Asked
    kind: str = ""
    feature: str = ""
    row: int | None = None
    severity: float = Field(ge=0, le=1)
    suspicion: float = Field(ge=0, le=1)
    asks: dict[str, str] = Field(default_factory=dict)
    because: dict[str, str] = Field(default_factory=dict)
    facts: dict[str, float] = Field(default_factory=dict)
    matches: str | None = None
    models: Literal["none", "local", "federated"] = "none"
    probabilities: dict[str, float] = Field(default_factory=dict)
    suggested: str = ""


class Item(StrictModel):
    """A concern in the queue.

    Attributes
    ----------
    id : str
        64 hexadecimal digits; the same question about the same record keeps it.
    harm : float
        The queue is sorted by it.
    source_row : int or None
        The row of the source when the queue was filled.
    label : str
        The recorded class.
    person, content, occurrence
        The record; see `RecordIdentity`.
    """

    id: str
    concern: Concern
    harm: float
    source_row: int | None = None
    label: str = ""
    person: str = ""
    content: str = ""
    occurrence: int = 0

    @property
    def record(self) -> RecordIdentity:
        """The record it is about."""
        return RecordIdentity(self.person, self.content, self.occurrence)

    @property
    def is_of_feature(self) -> bool:
        """Whether it is about a whole feature, and no single record."""
        return self.concern.row is None


def replace_items(engine: Engine, found: Iterable[Item]) -> int:
    """Put a new queue in the place of the old one; return how many questions it has."""
    rows = {
        each.id: {
            "id": each.id,
            "person": each.person,
            "harm": each.harm,
            "content": each.model_dump_json(),
        }
        for each in found
    }
    with locked(engine, "IMMEDIATE") as connection:
        connection.execute(delete(table))
        if rows:
            connection.execute(table.insert(), list(rows.values()))
    return len(rows)


def read_items(engine: Engine) -> list[Item]:
    """Return the queue, most harmful first."""
    statement = select(table.c.content).order_by(table.c.harm.desc(), table.c.id)
    with engine.connect() as connection:
        return [Item.model_validate_json(text) for text in connection.execute(statement).scalars()]
