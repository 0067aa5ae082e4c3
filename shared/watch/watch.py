"""One watch: what all hospitals said at one time, and what it meant."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel
from shared.watch.answer import WatchAnswer
from shared.watch.verdict import Kind, WatchVerdict


class Watch(StrictModel):
    """What all hospitals said at one time, and what it meant.

    Attributes
    ----------
    run : str
    made : str
        UTC.
    answers : dict of str to WatchAnswer
        By hospital.
    left_out : dict of str to str
        Hospitals whose answer is missing, with the reason.
    verdicts : list of WatchVerdict
    """

    run: str
    made: str
    answers: dict[str, WatchAnswer] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)
    verdicts: list[WatchVerdict] = Field(default_factory=list)

    def alarms(self, *kinds: Kind, hospital: str = "") -> list[WatchVerdict]:
        """Return alarms of some kinds, of all without any; of one hospital or ``federation``."""
        return [
            each
            for each in self.verdicts
            if each.is_alarm
            and (not kinds or each.kind in kinds)
            and (not hospital or each.hospital == hospital)
        ]

    @property
    def new_for_training(self) -> int:
        """Confirmed cases of all hospitals that the model did not learn from."""
        return sum(each.new_for_training for each in self.answers.values())

    def state_of(self, hospital: str, feature: str) -> WatchVerdict | None:
        """Return the verdict on a feature of a hospital; the graver one where there are two."""
        found = [
            each
            for each in self.verdicts
            if each.hospital == hospital
            and each.feature == feature
            and each.kind in ("feed", "data")
        ]
        return max(found, key=lambda each: (each.is_alarm, each.kind == "feed"), default=None)
