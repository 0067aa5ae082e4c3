"""Shares of patients as a committee reads them: of 100, with their 95% intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.metrics.wilson import wilson
from shared.pages.words import Catalogue, Words, decimal, joined

# With fewer cases, a share is written with a warning: its interval is wider than 25 points.
FEW_CASES = 50


@dataclass(frozen=True)
class Share:
    """A share of cases.

    Attributes
    ----------
    value : float or None
        None where there are no cases, or nothing was said of them.
    cases : int
    interval : tuple of float, optional
        As the run said it, where counts alone do not tell it: they may carry noise.
    """

    value: float | None
    cases: int
    interval: tuple[float, float] | None = None

    @classmethod
    def of(cls, figures: Mapping[str, Any] | None, name: str = "accuracy") -> Share:
        """Return one of the figures that a run's result holds."""
        if not figures:
            return cls(None, 0)
        return cls(figures.get(name), int(figures.get("rows") or 0))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 95% interval, Wilson's (1927) unless the run said another; None without cases."""
        if self.value is None or self.cases < 1:
            return None
        return self.interval or wilson(round(self.value * self.cases), self.cases)

    @property
    def is_few(self) -> bool:
        """Whether there are so few cases that the share says little."""
        return 0 < self.cases < FEW_CASES

    def words(self, say: Catalogue) -> Words:
        """Write the share of 100 with its interval; nothing, few and many are told apart."""
        if self.cases == 0:
            return say("share.no_case")
        if self.value is None or self.bounds is None:
            return say("share.not_told")
        low, high = (decimal(100 * each, 0) for each in self.bounds)
        text = joined([decimal(100 * self.value, 0), " [", low, ", ", high, "]"], "")
        return joined([text, " ", say("share.few")], "") if self.is_few else text
