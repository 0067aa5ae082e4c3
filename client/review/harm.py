"""In which order questions are asked: what would do most harm unanswered comes first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

# A class of a single record would else outweigh everything.
_MOST = 10.0


def rarity(labels: Iterable[str]) -> dict[str, float]:
    """Return how much more one record of each class weighs than one of the commonest.

    The square root of how many times rarer it is, from 1 to 10: a model sees few examples of a rare
    class, so that a wrong one does more harm.
    """
    counts = Counter(labels)
    most = max(counts.values(), default=1)
    return {each: min(math.sqrt(most / count), _MOST) for each, count in counts.items()}


def harm(
    severity: float, suspicion: float, classes: Iterable[str], weights: Mapping[str, float]
) -> float:
    """Return the product of how bad it is, how likely it is, and the rarest class it touches.

    Parameters
    ----------
    severity, suspicion : float
        From 0 to 1.
    classes : iterable of str
        The recorded diagnosis, and the one that the model thinks right.
    weights : mapping of str to float
        See `rarity`; a class that has no record yet weighs most.
    """
    return severity * suspicion * max((weights.get(each, _MOST) for each in classes), default=1.0)
