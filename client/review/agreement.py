"""How well two readers agree beyond chance: Cohen's kappa."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.review.consensus import Reading

_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True)
class Agreement:
    """The agreement of two readers.

    Attributes
    ----------
    readers : (str, str)
    questions : int
        That both answered.
    share : float
        Of these with the same answer.
    kappa : float or None
        Cohen's kappa; None where both gave one and the same answer throughout, so that chance
        would agree as well.
    low, high : float or None
        Bounds of the 95% interval (Cohen 1960, large samples).
    """

    readers: tuple[str, str]
    questions: int
    share: float
    kappa: float | None
    low: float | None
    high: float | None


def agreements(readings: Iterable[Sequence[Reading]]) -> list[Agreement]:
    """Return the agreement of each pair of first readers; those who read most come first.

    Parameters
    ----------
    readings : iterable of sequence of Reading
        Of each question, in the order in which the readers first answered. What a third reader
        said, who was asked because the others disagree, is no independent reading.
    """
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for given in readings:
        if len(given) >= 2:
            first, second = sorted(given[:2], key=lambda each: each.reader)
            pairs[first.reader, second.reader].append((first.category, second.category))
    found = [_agreement(readers, answers) for readers, answers in pairs.items()]
    return sorted(found, key=lambda each: (-each.questions, each.readers))


def _agreement(readers: tuple[str, str], answers: list[tuple[str, str]]) -> Agreement:
    count = len(answers)
    observed = sum(one == other for one, other in answers) / count
    ones, others = Counter(one for one, _ in answers), Counter(other for _, other in answers)
    expected = sum(ones[each] * others[each] for each in ones) / count**2
    if expected == 1:
        return Agreement(readers, count, observed, None, None, None)
    kappa = (observed - expected) / (1 - expected)
    error = math.sqrt(observed * (1 - observed) / (count * (1 - expected) ** 2))
    low, high = kappa - _TWO_SIDED_95 * error, kappa + _TWO_SIDED_95 * error
    return Agreement(readers, count, observed, kappa, max(low, -1.0), min(high, 1.0))
