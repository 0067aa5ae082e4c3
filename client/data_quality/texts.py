"""What a finding says, in English and Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from client.data_quality.finding import Detail, Finding, Term
from shared.pages.words import Catalogue, Words, percent, words


@cache
def catalogue() -> Catalogue:
    """Return the texts of this package."""
    return Catalogue("client.data_quality")


@dataclass(frozen=True)
class FindingText:
    """A finding in words.

    Attributes
    ----------
    what : Words
        What was found.
    why : Words
        Why it matters.
    action : Words
        What to do.
    question : Words
        What a clinician is asked about one of the rows.
    """

    what: Words
    why: Words
    action: Words
    question: Words


def text_of(finding: Finding) -> FindingText:
    """Return a finding in words; none of them holds a patient's value."""
    say = catalogue()
    values: dict[str, Words | str | int] = {
        "count": finding.count,
        "looked_at": finding.looked_at,
        "share": percent(finding.share),
        "column": finding.column or "–",  # noqa: RUF001
        "feature": finding.feature or "–",  # noqa: RUF001
        **{name: _shown(name, value) for name, value in finding.details.items()},
    }
    parts = ("what", "why", "action", "question")
    return FindingText(*(say(f"{finding.kind}.{part}", **values) for part in parts))


def _shown(name: str, value: Detail) -> Words:
    """Return a detail as people there write it."""
    if isinstance(value, Term):
        return catalogue()(f"term.{value}")
    if name.endswith("_share"):
        return percent(float(value))
    if isinstance(value, float):
        if name == "factor":
            text = f"{value:.4g}" if value >= 1 else f"1/{1 / value:.4g}"
        else:
            text = f"{value:.6g}"
        return Words(text, text.translate(str.maketrans(",.", ".,")))
    return words(str(value))
