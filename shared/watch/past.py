"""What each hospital's window is held against."""

from __future__ import annotations

from dataclasses import dataclass

from shared.statistics import Summary
from shared.watch.answer import ReferenceOf, WatchAnswer
from shared.watch.tables import Side


@dataclass(frozen=True)
class Past:
    """A hospital's window beside what came before it.

    Attributes
    ----------
    answer : WatchAnswer
    reference : Summary or None
        None where there are too few rows of before.
    reference_of : {"first_answers", "records", "none"}
    """

    answer: WatchAnswer
    reference: Summary | None
    reference_of: ReferenceOf

    def side(self, least_rows: int) -> Side | None:
        """Return what is compared; None where either has too few rows."""
        window = self.answer.window
        if self.reference is None or window is None or window.summary.rows < least_rows:
            return None
        return Side(self.reference, window.summary, self.answer.smallest_cell)


def past_of(answer: WatchAnswer, least_rows: int) -> Past:
    """Return what a hospital's window is held against.

    The model's first answers there are of the same kind as its last ones: cases as they come in,
    before anyone knows what they are. Until there are enough of them, the hospital's own records
    stand in. Never those of other hospitals: hospitals differ from the beginning.
    """
    if answer.first is not None and answer.first.summary.rows >= least_rows:
        return Past(answer, answer.first.summary, "first_answers")
    if answer.records is not None and answer.records.rows >= least_rows:
        return Past(answer, answer.records, "records")
    return Past(answer, None, "none")
