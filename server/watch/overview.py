"""What watches found over time, as rows that a table and a figure show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.pages.labels import feature_label
from shared.pages.words import Catalogue, Text
from shared.watch.verdict import FEDERATION, Kind, WatchVerdict
from shared.watch.watch import Watch

Mark = Literal["feed", "moved", "fallen", "steady", "few", "absent"]
# In the order of what calls for attention most.
MARKS: tuple[Mark, ...] = ("feed", "fallen", "moved", "steady", "few", "absent")
SHAPES: dict[Mark, str] = {
    "feed": "\N{MULTIPLICATION X}",
    "fallen": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "moved": "\N{BLACK UP-POINTING TRIANGLE}",
    "steady": "\N{BULLET}",
    "few": "?",
    "absent": "\N{EN DASH}",
}
# Beside features, what is watched of a model.
OF_MODEL: tuple[Kind, ...] = ("label", "score", "performance")


@dataclass(frozen=True)
class Spot:
    """One thing at one time.

    Attributes
    ----------
    mark : str
    score : float
        How far, from 0 to 1.
    verdict : WatchVerdict or None
        None where nobody answered.
    """

    mark: Mark
    score: float = 0.0
    verdict: WatchVerdict | None = None


@dataclass(frozen=True)
class Row:
    """One thing over time.

    Attributes
    ----------
    hospital : str
    name : str
        Of the feature, or the kind of what is watched of the model.
    spots : tuple of Spot
        One for each watch.
    """

    hospital: str
    name: str
    spots: tuple[Spot, ...]

    @property
    def newest(self) -> Spot:
        """How it is now."""
        return self.spots[-1]

    def label(self, say: Catalogue) -> Text:
        """Return what it is called."""
        return say(f"of_model.{self.name}") if self.name in OF_MODEL else feature_label(self.name)


def rows_of(history: Sequence[Watch], hospital: str = "") -> list[Row]:
    """Return rows of each hospital, the federation first; of one hospital where it is named."""
    names = sorted({name for each in history for name in each.answers} - {FEDERATION})
    names = [name for name in [FEDERATION, *names] if not hospital or name == hospital]
    found = []
    for name in names:
        told = [[each for each in watch.verdicts if each.hospital == name] for watch in history]
        features = list(
            dict.fromkeys(
                each.feature
                for verdicts in told
                for each in sorted(verdicts, key=lambda verdict: verdict.feature)
                if each.kind in ("feed", "data")
            )
        )
        found += [
            Row(name, feature, tuple(_spot(each, feature) for each in told)) for feature in features
        ]
        found += [
            Row(name, kind, tuple(_of_model(each, kind) for each in told)) for kind in OF_MODEL
        ]
    return found


def _spot(verdicts: Sequence[WatchVerdict], feature: str) -> Spot:
    same = (each for each in verdicts if each.feature == feature)
    return _gravest([each for each in same if each.kind in ("feed", "data")])


def _of_model(verdicts: Sequence[WatchVerdict], kind: Kind) -> Spot:
    return _gravest([each for each in verdicts if each.kind == kind])


def _gravest(verdicts: Sequence[WatchVerdict]) -> Spot:
    spots = [Spot(mark_of(each), each.score, each) for each in verdicts]
    return min(spots, key=lambda each: MARKS.index(each.mark), default=Spot("absent"))


def mark_of(verdict: WatchVerdict) -> Mark:
    """Return how a verdict is marked."""
    if verdict.state == "steady":
        return "steady"
    if verdict.state == "insufficient":
        return "few"
    if verdict.kind == "feed":
        return "feed"
    return "fallen" if verdict.kind == "performance" else "moved"
