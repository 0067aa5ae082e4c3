"""When there is not enough evidence for an answer, and why.

The rule, in this order: nothing that the model reads is recorded; less than the wished share of it
is; no disease is as probable as the cut-off for the wished coverage asks for, so that the patient
is unlike those the model was calibrated on; more diseases than wished are, or all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from client.serving.settings import ServingSettings


@dataclass(frozen=True)
class Evidence:
    """Whether there is enough, and in words why not.

    Attributes
    ----------
    code : str
        Empty where there is enough.
    """

    enough: bool
    code: str = ""
    words: str = ""


ENOUGH = Evidence(enough=True)


@dataclass(frozen=True)
class Known:
    """How much of what a model reads is recorded of a patient.

    Attributes
    ----------
    recorded, asked : int
        Features, sets of terms as one each, notes left out.
    noted : bool
        Whether there is a note that the model reads.
    """

    recorded: int
    asked: int
    noted: bool

    @property
    def share(self) -> float:
        """Of the features, how many are recorded."""
        return self.recorded / self.asked if self.asked else 1.0


@dataclass(frozen=True)
class Judged:
    """A prediction set.

    Attributes
    ----------
    size : int or None
        Diseases in it; None where the model has no cut-offs.
    classes : int
        Diseases that the model tells apart.
    coverage : float
    """

    size: int | None
    classes: int
    coverage: float


def judge(known: Known, found: Judged, settings: ServingSettings) -> Evidence:
    """Say whether there is enough evidence."""
    if not known.recorded and not known.noted:
        return Evidence(False, "no_findings", "Nothing that the model reads is recorded.")
    if known.share < settings.least_known_share and not known.noted:
        words = f"Only {known.recorded} of the {known.asked} features are recorded."
        return Evidence(False, "few_findings", words)
    if found.size is None:
        return ENOUGH
    share = f"{100 * found.coverage:g}%"
    if found.size == 0:
        words = f"No disease is probable enough for {share} coverage: the patient is unlike those "
        return Evidence(False, "unlike_training", words + "that the model learned from.")
    if found.size == found.classes:
        return Evidence(False, "many_diseases", f"For {share} coverage no disease is ruled out.")
    if found.size > settings.largest_set:
        words = f"For {share} coverage {found.size} diseases remain; at most "
        return Evidence(False, "many_diseases", f"{words}{settings.largest_set} say something.")
    return ENOUGH
