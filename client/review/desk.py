"""Where readers work: the queue, one question, an answer, and what came of all answers."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from sqlalchemy import Engine

from client.review.agreement import Agreement, agreements
from client.review.answering import Answering
from client.review.applying import Overlaid, apply_overlay
from client.review.book import Book
from client.review.consensus import consensus_of, readings_by_item
from client.review.decisions import Rule, checked
from client.review.effect import Effect, effect_of
from client.review.entry import Decided
from client.review.identity import NO_RECORD, RecordIdentity, identities
from client.review.items import Item, read_items
from client.review.overlay import Overlay, overlay_of
from client.review.questions import Question, Standing
from client.review.rules import matching_rows
from client.review.settings import ReviewSettings
from client.review.similar import SimilarCase, Similarity
from client.review.standing_rules import StandingRule, standing_rules
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.errors import SettingsError


class Desk:
    """The review of one hospital.

    Parameters
    ----------
    contract : Contract
    loaded : LoadedRecords
        As the source has them.
    key : bytes
        The node's own, by which records are found again.
    engine : Engine
        Of the node's database.
    settings : ReviewSettings
    rows_before : int, optional
        Records that the source would give without the rules that read codes as missing; as many as
        are loaded without it.
    """

    def __init__(
        self,
        contract: Contract,
        loaded: LoadedRecords,
        key: bytes,
        engine: Engine,
        settings: ReviewSettings,
        rows_before: int | None = None,
    ) -> None:
        self.contract = contract
        self.loaded = loaded
        self.settings = settings
        self._key = key
        self._rows_before = len(loaded.records) if rows_before is None else rows_before
        self.engine = engine
        self._book = Book(engine)
        self.answering = Answering(contract, self._book, settings.readers)

    @cached_property
    def similarity(self) -> Similarity:
        """Finds similar cases; made when first asked for."""
        return Similarity(self.contract, self.loaded.records)

    @cached_property
    def _rows(self) -> dict[RecordIdentity, int]:
        found = identities(self.contract, self.loaded, self._key)
        return {each: row for row, each in enumerate(found) if each is not None}

    def decided(self) -> list[Decided]:
        """Return all entries, in order."""
        return self._book.decided()

    def standing(self) -> Standing:
        """Return all questions, most harmful first."""
        decided = self.decided()
        return Standing(decided, self._questions(read_items(self.engine), decided))

    def question(self, number: str) -> Question:
        """Return a question by its number, or by the first digits of it.

        Raises
        ------
        SettingsError
            When there is none, or several.
        """
        alike = [each for each in read_items(self.engine) if each.id.startswith(number)]
        if len(alike) != 1 or not number:
            what = (
                f"There is no question {number}." if not alike else f"{number} is not one question."
            )
            raise SettingsError(what, "See the numbers of `juntos node review list`.")
        return self._questions(alike, self.decided())[0]

    def _questions(self, items: list[Item], decided: list[Decided]) -> list[Question]:
        readings = readings_by_item(decided)
        last = {each.entry.item: each.entry.number for each in decided}
        return [
            Question(
                item=item,
                consensus=consensus_of(readings.get(item.id, []), self.settings.readers),
                row=self._rows.get(item.record),
                is_stale=item.record != NO_RECORD and item.record not in self._rows,
                last=last.get(item.id, 0),
            )
            for item in items
        ]

    def similar_cases(self, row: int) -> list[SimilarCase]:
        """Return the cases most like a record."""
        return self.similarity.nearest(row, self.settings.similar_cases)

    def hidden_from(self, reader: str) -> set[int]:
        """Return the entries that a reader may not see yet: two readers answer independently."""
        decided, readers = self.decided(), self.settings.readers
        given = readings_by_item(decided)
        standing = {item: consensus_of(found, readers) for item, found in given.items()}
        return {
            each.entry.number
            for each in decided
            if each.entry.reader != reader
            and each.entry.item in standing
            and not standing[each.entry.item].shows_readings_to(reader, readers)
        }

    def overlay(self) -> Overlay:
        """Return all decisions that count."""
        return overlay_of(self.decided(), self.settings.readers)

    def overlaid(self) -> Overlaid:
        """Return the records as training sees them."""
        return apply_overlay(self.contract, self.loaded, self.overlay(), self._key)

    def effect(self) -> Effect:
        """Return what the decisions changed."""
        found = effect_of(self.contract, self.loaded, self.overlaid())
        return replace(found, rows=replace(found.rows, before=self._rows_before))

    def agreement(self) -> list[Agreement]:
        """Return how well the readers agree."""
        return agreements(readings_by_item(self.decided()).values())

    def rules(self) -> list[StandingRule]:
        """Return the rules that nobody undid."""
        readers = self.settings.readers
        return standing_rules(self.contract, self.loaded.records, self.decided(), readers)

    def matching(self, rule: Rule) -> int:
        """Return how many records a rule would be about.

        Raises
        ------
        SettingsError
            When the contract has no such rule.
        """
        made = checked(self.contract, rule)
        if not isinstance(made, Rule):
            raise TypeError(made)
        return len(matching_rows(self.contract, self.loaded.records.table, made))
