"""What the assistant thinks, how sure it is and what it saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# From here on a line is proposed; below it is written as a comment, with the alternatives.
LIKELY = 0.6
SURE = 0.85


@dataclass(frozen=True)
class Guess:
    """Keys of a mapping's table, and why.

    Attributes
    ----------
    confidence : float
        From 0 to 1.
    keys : dict of str to Any
        Key of the table to its value.
    seen : dict of str to str
        What was seen that made a key what it is; never a patient's value.
    doubts : list of str
        What a person has to settle.
    added : frozenset of str
        Local codes that come from the contract or a usual list, whether they occur or not.
    """

    confidence: float
    keys: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    added: frozenset[str] = frozenset()


def in_words(confidence: float) -> str:
    """Return how sure a guess is, for a person.

    >>> in_words(0.9), in_words(0.7), in_words(0.3)
    ('sure', 'likely', 'unsure')
    """
    if confidence >= SURE:
        return "sure"
    return "likely" if confidence >= LIKELY else "unsure"


def percent(share: float) -> str:
    """Return a share for a person; what is not all is never called 100%."""
    return f"{min(round(share * 100), 99 if share < 1 else 100)}%"
