"""What watching a model found, as one thing that is kept, shown and measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from client.monitoring.performance import ConfirmedFigures, Estimate
from shared.drift import PartDrift
from shared.settings_file import StrictModel

State = Literal["steady", "attention", "insufficient"]


class Findings(StrictModel):
    """What watching a model found.

    Attributes
    ----------
    made : str
        UTC.
    model, digest : str
    rows : int
        Answers in the window.
    first, last : str
        When the first and the last of them was given.
    reference_rows : int
        Rows that the model learned from, at all hospitals.
    reference_is_noised : bool
    least_rows : int
        With fewer, there is no verdict.
    drift : list of PartDrift
    estimate : Estimate or None
    confirmed : ConfirmedFigures
    """

    made: str
    model: str
    digest: str
    rows: int
    first: str
    last: str
    reference_rows: int
    reference_is_noised: bool
    least_rows: int
    drift: list[PartDrift]
    estimate: Estimate | None
    confirmed: ConfirmedFigures

    @property
    def drifted(self) -> list[PartDrift]:
        """Return what drifted, the clearest first."""
        found = [each for each in self.drift if each.state == "drifted"]
        return sorted(found, key=lambda each: (each.p_value or 0.0, -(each.psi or 0.0)))

    @property
    def drifted_features(self) -> list[str]:
        """Return the features that drifted, the clearest first."""
        return list(dict.fromkeys(each.feature for each in self.drifted if each.feature))

    @property
    def low_recall(self) -> list[str]:
        """Return the codes of diseases whose recall may be too low."""
        return [each.code for each in self.confirmed.recall if each.state == "low"]

    @property
    def is_fallen(self) -> bool:
        """Whether answers claim less accuracy than at first."""
        return self.estimate is not None and self.estimate.state == "fallen"

    @property
    def state(self) -> State:
        """Whether a person should look."""
        if self.drifted or self.low_recall or self.is_fallen:
            return "attention"
        return "steady" if self.rows >= self.least_rows else "insufficient"


def states_of(parts: Iterable[PartDrift]) -> dict[str, int]:
    """Count features by state: one that drifted in any way has drifted."""
    worst: dict[str, str] = {}
    order = ("insufficient", "steady", "drifted")
    for each in parts:
        before = worst.get(each.feature, "insufficient")
        worst[each.feature] = max(before, each.state, key=order.index)
    found = [state for feature, state in worst.items() if feature]
    return {state: found.count(state) for state in order}
