"""How every figure begins, and what all draw alike."""

from __future__ import annotations

from shared.pages.drawing import Drawing
from shared.pages.words import Words

SMALL = 11.0


def figure(name: str, title: str, description: str) -> Drawing:
    """Begin a figure in the reader's language."""
    return Drawing(name, Words.same(title), Words.same(description))


def shade(score: float) -> float:
    """Return how strong a cell's colour is: 0.25 bits and more are full."""
    return min(score / 0.25, 1.0)
