"""Writing down what readers decide."""

from __future__ import annotations

from client.review.book import Book
from client.review.consensus import readings_by_item
from client.review.decisions import Answer, Rule, Undo, checked
from client.review.entry import Content, Decided, Entry, in_force
from client.review.questions import Question
from client.review.values import AnswerError
from shared.contract import Contract
from shared.errors import JuntosError, SettingsError


class AnsweredMeanwhileError(JuntosError):
    """Somebody else answered while this reader was looking."""


class StaleItemError(JuntosError):
    """The record is no longer what the question was about."""


class Answering:
    """Writes answers, rules and what undoes them into the book.

    Parameters
    ----------
    contract : Contract
    book : Book
    readers : int
        Who must answer each question; see `consensus_of`.
    """

    def __init__(self, contract: Contract, book: Book, readers: int) -> None:
        self._contract = contract
        self._book = book
        self._readers = readers

    def answer(
        self, asked: Question, answer: Answer, *, reader: str, comment: str, request: str, seen: int
    ) -> Entry:
        """Write down an answer; sent twice, it is written once.

        Parameters
        ----------
        asked : Question
        request : str
            Made when the form was.
        seen : int
            The last entry about the question that the reader could know of; see `Question.last`.

        Raises
        ------
        SettingsError
            When the question or the contract has no such answer.
        StaleItemError
            When the record changed since it was asked.
        AnsweredMeanwhileError
            When somebody else answered what this answer would decide.
        """
        if asked.is_stale:
            raise StaleItemError(
                "The record changed at its source since this was asked.",
                "Fill the queue again: juntos node review fill",
            )
        item = asked.item
        if item.is_of_feature != isinstance(answer, Rule) and answer.answer != "keep":
            raise AnswerError(
                "This is no answer to the question.", "Choose one of those shown.", "nothing"
            )
        content = Content(
            decision=checked(self._contract, answer),
            comment=comment.strip(),
            question=item.concern.question,
            feature=item.concern.feature,
            **item.record._asdict(),
        )
        return self._write(item.id, content, reader, request, seen)

    def rule(self, rule: Rule, *, reader: str, comment: str, request: str) -> Entry:
        """Write down a rule; a later one about the same cells takes its place.

        Raises
        ------
        SettingsError
            When the contract has no such rule.
        """
        made = checked(self._contract, rule)
        if not isinstance(made, Rule):
            raise TypeError(made)
        content = Content(
            decision=made, comment=comment.strip(), question="rule", feature=made.feature
        )
        return self._write(made.item, content, reader, request, seen=None)

    def _write(
        self, item: str, content: Content, reader: str, request: str, seen: int | None
    ) -> Entry:
        with self._book.writing() as book:
            before = book.written(request)
            if before is not None:
                return before
            if seen is not None:
                self._refuse_answered(book.decided(), item, reader, seen)
            return book.append(reader, item, request, content)

    def _refuse_answered(self, decided: list[Decided], item: str, reader: str, seen: int) -> None:
        """Refuse an answer that would decide over what its reader has not seen."""
        readings = readings_by_item(decided).get(item, [])
        others = [each for each in readings if each.reader != reader]
        unseen = [each for each in others if each.number > seen]
        # Two readers answer without seeing each other: the first of them is no surprise.
        if unseen and len(others) >= self._readers:
            raise AnsweredMeanwhileError(
                "Somebody else answered this question meanwhile.",
                "Look at the answers, then decide.",
            )

    def undo(self, number: int, *, reader: str, comment: str, request: str) -> Entry:
        """Let an entry no longer count; readers take back their own answers, and any rule.

        Raises
        ------
        SettingsError
            When there is no such entry, or it is another reader's answer.
        """
        with self._book.writing() as book:
            before = book.written(request)
            if before is not None:
                return before
            undone = next(
                (each for each in in_force(book.decided()) if each.entry.number == number), None
            )
            if undone is None or undone.content is None:
                raise SettingsError(
                    f"Entry {number} does not count.",
                    "See the numbers of `juntos node review show`.",
                )
            if undone.entry.reader != reader and not isinstance(undone.content.decision, Rule):
                raise SettingsError(
                    f"Entry {number} is another reader's.", "Answer the question yourself."
                )
            content = Content(
                decision=Undo(entry=number), comment=comment.strip(), person=undone.content.person
            )
            return book.append(reader, "", request, content)
