"""A sentence for people, and a share with its interval."""

from __future__ import annotations

from pydantic import Field

from shared.metrics.wilson import wilson
from shared.pages.words import Words
from shared.settings_file import StrictModel


class Sentence(StrictModel):
    """The same in both languages."""

    en: str
    es: str

    @classmethod
    def of(cls, words: Words) -> Sentence:
        """Return a text of a catalogue."""
        return cls(en=words.en, es=words.es)


class Share(StrictModel):
    """A share of rows with its 95% interval (Wilson 1927)."""

    value: float | None = Field(description="Null without rows to tell from.")
    low: float | None
    high: float | None
    rows: int

    @classmethod
    def of(cls, value: float | None, rows: int) -> Share:
        """Return a share of rows."""
        if value is None or rows < 1:
            return cls(value=None, low=None, high=None, rows=rows)
        low, high = wilson(round(value * rows), rows)
        return cls(value=value, low=low, high=high, rows=rows)
