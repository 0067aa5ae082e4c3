"""What a gate decided, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.promotion.wording import begins_with_a_name, in_words
from shared.pages.words import Words
from shared.settings_file import StrictModel

Outcome = Literal["promote", "reject", "insufficient", "shadow"]
Speaks = Literal["for", "against", "unknown", "note"]


class Reason(StrictModel):
    """One thing that was looked at.

    Attributes
    ----------
    key : str
        Of its sentence in the catalogue.
    speaks : {"for", "against", "unknown", "note"}
        ``against`` alone rejects; ``unknown`` alone leaves the decision to a person; ``note`` is
        what a person should know and changes nothing.
    about : str
        The hospital or class that it is about; empty for the whole.
    values : dict of str to str, int or float
        What fills the sentence; shares as such, written as percentages.
    """

    key: str
    speaks: Speaks
    about: str = ""
    values: dict[str, str | int | float] = Field(default_factory=dict)

    @property
    def words(self) -> Words:
        """The sentence, in English and Spanish."""
        found = self.after_colon
        if begins_with_a_name(self.key):
            return found
        return Words(*(text[:1].upper() + text[1:] for text in (found.en, found.es)))

    @property
    def after_colon(self) -> Words:
        """The sentence as it goes on after another."""
        return in_words(self.key, self.values)


class Decision(StrictModel):
    """What a gate decided.

    Attributes
    ----------
    outcome : {"promote", "reject", "insufficient", "shadow"}
        ``shadow``: nothing speaks against it, and live answers have to show whether it is better.
    reasons : list of Reason
        Those that decided first.
    waits_for : list of str
        Who has to sign before it is used; empty where all signed, or a standing sign-off covers it.
    signed_by : list of str
        Who signed, and whose standing sign-off covers it.
    level : float
        One-sided, of the test of the gain; stricter with each try on the same rows.
    tries : int
        How many challengers, this one included, were tried on the same rows.
    gain, low, high : float or None
        How much more often the challenger is right, with its lower bound at the level, and the
        upper bound at the same; None without a model to compare with.
    """

    outcome: Outcome
    reasons: list[Reason]
    waits_for: list[str] = Field(default_factory=list)
    signed_by: list[str] = Field(default_factory=list)
    level: float
    tries: int = 1
    gain: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def sentence(self) -> Words:
        """The answer first, in English and Spanish: the outcome and the reason that decided."""
        first = next((each for each in self.reasons if each.speaks == self._decided), None)
        opening = in_words(f"outcome.{self.outcome}", {})
        if first is None:
            return opening
        rest = first.after_colon
        return Words(f"{opening.en} {rest.en}", f"{opening.es} {rest.es}")

    @property
    def _decided(self) -> Speaks:
        speaks: dict[Outcome, Speaks] = {"reject": "against", "insufficient": "unknown"}
        return speaks.get(self.outcome, "for")
