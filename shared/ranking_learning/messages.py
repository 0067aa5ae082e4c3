"""What a run that learns to rank asks hospitals, and what they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from shared.learned_engine.sums_arrays import sums_arrays, sums_of
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking.mixing import Mixing
from shared.ranking_learning.learning import Step
from shared.settings_file import StrictModel

# Groups of arrays beside those of `shared.ranking_learning.learning`; in the order in which a
# hospital makes use of them.
KNOWLEDGE, SUMS = "knowledge", "sums"
CASES, EVALUATE = "cases", "evaluate"
FORGOTTEN = "forgotten"
# Of a sum: which step of a learning it is of, beside its own header.
RANKING_FIELD = "ranking"
# Under a formal guarantee: how many cases a disease has, sums of those that stand out, and how far
# up the right disease stands.
NOISED_COUNTS, NOISED_SUMS, NOISED_PLACES = "noised_counts", "noised_sums", "noised_places"
KEPT, ROWS, CENTROIDS = "kept", "rows", "centroids"
What = Literal[
    "cases",
    "outline",
    "block",
    "inputs",
    "scorers",
    "ranked",
    "gates",
    "count",
    "evaluate",
    "noised_counts",
    "noised_sums",
    "noised_places",
]
SHAPE = "shape"


class MixingNumbers(StrictModel):
    """How two lists are mixed, as far as it is chosen."""

    sharpness: float = Field(gt=0, le=10)
    lifts: list[float] = Field(max_length=10)
    cut_off: float = Field(ge=0, le=1)

    @property
    def mixing(self) -> Mixing:
        """The same for computing."""
        return Mixing(self.sharpness, tuple(self.lifts), self.cut_off)


class RankHeader(StrictModel):
    """One step.

    Attributes
    ----------
    what : str
    needs : dict of str to str
        Digest of each group of arrays that the step builds on, whether it comes along or not.
    number, turn, step, steps : int
        See `Step`.
    mixing : MixingNumbers
    counts : str
    depth : int
    """

    what: What
    needs: dict[str, str] = Field(default_factory=dict)
    number: int = Field(default=0, ge=0)
    turn: int = Field(default=0, ge=0, lt=1000)
    step: int = Field(default=0, ge=0)
    steps: int = Field(default=1, ge=1)
    mixing: MixingNumbers
    counts: Literal["", "sharpness", "hits", "cut_off"] = ""
    depth: int = Field(default=0, ge=0)


class RankedCases(StrictModel):
    """What a hospital says of its cases before it learns.

    Attributes
    ----------
    data_version : str
        SHA-256 of the records this run sees at the hospital.
    training, held_out : int
        Cases.
    """

    data_version: str
    training: int
    held_out: int


def header_of(step: Step, needs: Mapping[str, str], what: str = "") -> RankHeader:
    """Write a step for the wire."""
    mixing = MixingNumbers(
        sharpness=step.mixing.sharpness,
        lifts=list(step.mixing.lifts),
        cut_off=step.mixing.cut_off,
    )
    return RankHeader.model_validate(
        {
            "what": what or step.what,
            "needs": dict(needs),
            "number": step.number,
            "turn": step.turn,
            "step": step.step,
            "steps": step.steps,
            "mixing": mixing.model_dump(),
            "counts": step.counts,
            "depth": step.depth,
        }
    )


def digest_of(arrays: Arrays) -> str:
    """Return what names the content of a group of arrays."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def fold_arrays(sums: list[DiseaseSums]) -> Arrays:
    """Return the sums of each fold as arrays."""
    found: Arrays = {SHAPE: np.array(sums[0].above.shape, dtype=np.int64)}
    for fold, each in enumerate(sums):
        found |= {f"{fold}.{name}": array for name, array in sums_arrays(each).items()}
    return found


def folds_of(arrays: Arrays) -> list[DiseaseSums]:
    """Return the sums of each fold.

    Raises
    ------
    KeyError, ValueError
        When the arrays are none.
    """
    shape = (int(arrays[SHAPE][0]), int(arrays[SHAPE][1]))
    folds = sorted({int(name.partition(".")[0]) for name in arrays if name != SHAPE})
    return [
        sums_of(
            {
                name.partition(".")[2]: array
                for name, array in arrays.items()
                if name.partition(".")[0] == str(fold)
            },
            shape,
        )
        for fold in folds
    ]
