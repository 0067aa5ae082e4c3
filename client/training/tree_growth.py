"""A hospital's part in boosting by summed histograms, kept in memory between questions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from client.hospital import GrowthMemory, Hospital
from client.training.local_models import seen_rows
from client.training.model_of_run import model_of
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import count_rows
from shared.models.histogram_boosting.growth_messages import GrowthBody, GrowthHeader
from shared.models.histogram_boosting.local_growth import LocalGrowth
from shared.models.tree_arrays import TREE_SIZES
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings

BOOSTED_TREES: ModelName = "boosted_trees"


class LostPlaceError(JuntosError):
    """A question that builds on another one, which this process never saw."""

    def __init__(self) -> None:
        super().__init__("its process no longer has the trees that this question builds on")


@dataclass(frozen=True)
class Told:
    """What a hospital is told that has to begin: everything else it has itself."""

    settings: RunSettings
    preparation: Preparation


@dataclass(frozen=True)
class LocalSums:
    """What a hospital answers.

    Attributes
    ----------
    sums : int64 array of shape (wanted nodes, bins of all columns, 2)
    loss, weight : int
        Of its validation rows; 0 except when an iteration begins.
    """

    sums: np.ndarray
    loss: int = field(default=0)
    weight: int = field(default=0)


def count_on_grid(hospital: Hospital, told: Told, grid: Arrays) -> Arrays:
    """Count training rows on a grid of every column."""
    model = model_of(BOOSTED_TREES, told.settings, told.preparation)
    rows = seen_rows(hospital, told.settings, told.preparation, model)
    return count_rows(grid, rows.data.features)


def grow(
    hospital: Hospital,
    memory: GrowthMemory,
    header: GrowthHeader,
    body: GrowthBody,
    told: Told | None,
) -> LocalSums:
    """Carry out what was decided, and sum over the nodes that are wanted.

    Raises
    ------
    LostPlaceError
        When the question builds on another that this process did not see.
    """
    if told is not None:
        memory.place, memory.growth = None, begin_again(hospital, header, body, told)
    growth = memory.growth
    if growth is None or (told is None and memory.place != header.before):
        raise LostPlaceError
    # Until the answer is there, nothing is known of where this hospital is.
    memory.place = None
    if told is None:
        follow(growth, header, body)
    loss, weight = (0, 0) if header.now.step else growth.loss()
    sums = growth.sums(body.wanted)
    memory.place = header.now
    return LocalSums(sums, loss, weight)


def follow(growth: LocalGrowth, header: GrowthHeader, body: GrowthBody) -> None:
    """Go on from where the hospital is."""
    if header.restart:
        growth.restart(header.now.iteration)
        return
    for level in body.decided:
        growth.advance(level)
    if header.now.step == 0:
        growth.begin(header.now.iteration)


def begin_again(
    hospital: Hospital, header: GrowthHeader, body: GrowthBody, told: Told
) -> LocalGrowth:
    """Come to where the others are from what the coordinator tells."""
    model = model_of(BOOSTED_TREES, told.settings, told.preparation)
    if not isinstance(model, BoostedTrees):
        raise TypeError(BOOSTED_TREES)
    data = seen_rows(hospital, told.settings, told.preparation, model).data
    growth = LocalGrowth.of(
        CutPoints.from_arrays(body.cuts, model.columns),
        data,
        model.settings,
        groups=model.groups,
        bits=header.bits,
        seed=model.seed,
    )
    trees = {**model.initial_arrays(), **body.trees}
    model.check_arrays(trees)
    grown = len(trees[TREE_SIZES]) > 0
    growth.begin(header.now.iteration, model.margins(trees, data.features) if grown else None)
    for level in body.decided:
        growth.advance(level)
    return growth
