"""A question of boosting on the wire, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydantic import Field

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.histogram_boosting.levels import Level
from shared.settings_file import StrictModel

WANTED = "wanted"
SUMS = "sums"
LOSS = "loss"
WEIGHT = "weight"
# The whole answer of a hospital whose process was started anew.
FORGOTTEN = "forgotten"
_LEVEL = "level"
_TREES = "trees"
_CUTS = "cuts"
_SEPARATOR = "."
# A level of the deepest trees has so many nodes; fewer are ever asked for at once.
MAXIMUM_LEVELS = 64


class Place(StrictModel):
    """Where in growing its trees a hospital is.

    Attributes
    ----------
    growth : str
        The run and the model.
    iteration : int
        From 1.
    attempt : int
        Begun anew when a hospital was lost in the middle.
    step : int
        Levels of this iteration that were asked for so far.
    """

    growth: str
    iteration: int = Field(ge=1)
    attempt: int = Field(ge=0)
    step: int = Field(ge=0)


class GrowthHeader(StrictModel):
    """What a question is about.

    Attributes
    ----------
    before : Place or None
        Where a hospital must be to be asked this; None for one that is told everything.
    now : Place
        Where it is then.
    restart : bool
        Whether the iteration begins again: what was decided in it is void.
    bits : int
        Binary places of derivatives.
    """

    before: Place | None
    now: Place
    restart: bool = False
    bits: int = Field(ge=1, le=52)


@dataclass(frozen=True)
class GrowthBody:
    """The arrays of a question.

    Attributes
    ----------
    wanted : bool array of shape (nodes of the level,)
    decided : list of Level
        To be carried out first: since the question before, or of the whole iteration for a
        hospital that is told everything.
    cuts, trees : Arrays
        For such a hospital: the cut points, and the trees of all iterations before.
    """

    wanted: npt.NDArray[np.bool_]
    decided: list[Level]
    cuts: Arrays = field(default_factory=dict)
    trees: Arrays = field(default_factory=dict)

    def to_arrays(self) -> Arrays:
        """Write for the wire."""
        levels = {f"{_LEVEL}{index}": each.to_array() for index, each in enumerate(self.decided)}
        told = {
            f"{group}{_SEPARATOR}{name}": array
            for group, arrays in ((_CUTS, self.cuts), (_TREES, self.trees))
            for name, array in arrays.items()
        }
        return {WANTED: self.wanted.astype(np.uint8), **levels, **told}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> GrowthBody:
        """Read from the wire.

        Raises
        ------
        JuntosError
            When something is missing or malformed.
        """
        groups: dict[str, Arrays] = {}
        for key, array in arrays.items():
            group, _, name = key.partition(_SEPARATOR)
            groups.setdefault(group, {})[name] = array
        if any("" not in groups[name] for name in groups if name not in (_CUTS, _TREES)):
            raise JuntosError("a question of boosting whose arrays have other names")
        if WANTED not in groups:
            raise JuntosError("a question of boosting that wants nothing")
        names = [f"{_LEVEL}{index}" for index in range(MAXIMUM_LEVELS)]
        levels = [groups[name][""] for name in names if name in groups]
        return cls(
            wanted=groups[WANTED][""].astype(np.bool_),
            decided=[Level.from_array(each) for each in levels],
            cuts=groups.get(_CUTS, {}),
            trees=groups.get(_TREES, {}),
        )
