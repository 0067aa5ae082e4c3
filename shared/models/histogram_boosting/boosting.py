"""Boosting iteration by iteration, whoever answers: one data set, or many hospitals together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays, derive_seed
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.levels import Level
from shared.models.histogram_boosting.splits import SplitFinder, SplitRules
from shared.models.histogram_boosting.tree_growth import TreeGrowth, trees_of
from shared.models.settings import BoostedTreesSettings
from shared.models.tree_arrays import LEAF, LEFT, THRESHOLD, TREE_SIZES

BEST_LOSS = "best_loss"
SURPLUS = "surplus"


@dataclass(frozen=True)
class GrowthQuestion:
    """What all hospitals are asked at once.

    Attributes
    ----------
    iteration : int
        From 1.
    step : int
        Of the iteration; 0 begins its trees.
    decided : list of Level
        What was decided since the last question; at step 0 the end of the iteration before.
    wanted : bool array of shape (nodes of the level,)
    """

    iteration: int
    step: int
    decided: list[Level]
    wanted: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GrowthAnswer:
    """What all hospitals answered, summed.

    Attributes
    ----------
    sums : int64 array of shape (wanted nodes, bins of all columns, 2)
    loss, weight : int
        Of the validation rows before this iteration's trees.
    """

    sums: npt.NDArray[np.int64]
    loss: int = 0
    weight: int = 0

    @property
    def mean_loss(self) -> float:
        """Mean loss of the validation rows; not a number where there are none."""
        return self.loss * 32 / self.weight if self.weight else math.nan


class MembersChangedError(Exception):
    """Who answers is not who answered before: the iteration begins again."""


Ask = Callable[[GrowthQuestion], GrowthAnswer]


@dataclass
class Boosting:
    """Grows trees from answers.

    Parameters
    ----------
    groups : int
        Trees of each iteration: one for two classes, else one for each class.
    bits : int
        Binary places of the sums.
    intercept : float32 array of shape (groups,)
        Margin before the first trees; it becomes part of their leaves.

    Attributes
    ----------
    surplus : int
        Iterations at the end after which the loss was no lower than before.
    """

    settings: BoostedTreesSettings
    cuts: CutPoints
    groups: int
    bits: int
    seed: int
    intercept: npt.NDArray[np.float32]
    surplus: int = 0
    _best_loss: float = math.inf
    _loss_noted: int = 0
    _last: list[Level] = field(default_factory=list)
    _finder: SplitFinder = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        rules = SplitRules(
            l2_regularisation=settings.l2_regularisation,
            l1_regularisation=settings.l1_regularisation,
            minimum_gain=settings.minimum_gain,
            minimum_child_weight=settings.minimum_child_weight,
        )
        self._finder = SplitFinder(self.cuts, rules, self.bits)

    def iterations(self, ask: Ask, first: int = 1) -> Iterator[Arrays]:
        """Yield the trees of each iteration, until they are enough or the loss stops falling."""
        for iteration in range(first, self.settings.iterations + 1):
            levels = self._grow(ask, iteration, self._last)
            if levels is None:
                return
            trees = trees_of(levels, self.groups, self.cuts)
            yield add_to_leaves(trees, self.intercept) if iteration == 1 else trees

    def _grow(self, ask: Ask, iteration: int, before: list[Level]) -> list[Level] | None:
        while True:
            try:
                return self._grow_once(ask, iteration, before)
            except MembersChangedError:
                continue

    def _grow_once(self, ask: Ask, iteration: int, before: list[Level]) -> list[Level] | None:
        growth = TreeGrowth(
            self._finder,
            groups=self.groups,
            maximum_depth=self.settings.maximum_depth,
            learning_rate=self.settings.learning_rate,
            allowed=self._allowed(iteration),
        )
        step, decided = 0, before
        while not growth.done:
            answer = ask(GrowthQuestion(iteration, step, decided, growth.wanted))
            if step == 0 and self._is_over(iteration, answer.mean_loss):
                return None
            decided = growth.decide(answer.sums)
            step += 1
        self._last = decided
        return growth.levels

    def _allowed(self, iteration: int) -> npt.NDArray[np.bool_]:
        """Draw the columns of an iteration, at least one."""
        columns = len(self.cuts.counts)
        number = max(1, round(columns * self.settings.column_share))
        generator = np.random.default_rng(derive_seed(self.seed, iteration))
        allowed = np.zeros(columns, dtype=np.bool_)
        allowed[generator.permutation(columns)[:number]] = True
        return allowed

    def _is_over(self, iteration: int, loss: float) -> bool:
        """Note the loss before an iteration; return whether it stopped falling too long ago."""
        patience = self.settings.early_stopping_iterations
        if not patience or math.isnan(loss) or iteration == self._loss_noted:
            return False
        self._loss_noted = iteration
        if loss < self._best_loss:
            self._best_loss, self.surplus = loss, 0
        else:
            self.surplus += 1
        return self.surplus >= patience

    def state(self) -> Arrays:
        """Return what a process that goes on needs to know of the losses so far."""
        return {BEST_LOSS: np.array([self._best_loss]), SURPLUS: np.array([self.surplus])}

    def restore(self, state: Arrays) -> None:
        """Go on from an earlier process's state; an empty one begins."""
        if state:
            self._best_loss = float(state[BEST_LOSS][0])
            self.surplus = int(state[SURPLUS][0])


def add_to_leaves(trees: Arrays, intercept: npt.NDArray[np.float32]) -> Arrays:
    """Add to every leaf of each tree what its group begins with."""
    of_nodes = np.repeat(intercept, trees[TREE_SIZES])
    raised = trees[THRESHOLD].astype(np.float32) + of_nodes
    return {**trees, THRESHOLD: np.where(trees[LEFT] == LEAF, raised, trees[THRESHOLD])}
