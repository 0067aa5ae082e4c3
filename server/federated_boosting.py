"""Boosted trees that all hospitals grow together, over any Grid."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from flwr.app import ConfigRecord, Message, MetricRecord, RecordDict

from server.answer_checks import AnswerChecks
from server.checkpoint import Progress
from server.recording_grid import RecordingGrid
from server.strategies.replies import answered_arrays
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.boosting import (
    Boosting,
    GrowthAnswer,
    GrowthQuestion,
    MembersChangedError,
)
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import (
    EDGE_COUNTS,
    EDGES,
    ROWS_IN_BINS,
    ROWS_MISSING,
    CutSearch,
)
from shared.models.histogram_boosting.growth_messages import (
    FORGOTTEN,
    LOSS,
    SUMS,
    WEIGHT,
    GrowthBody,
    GrowthHeader,
    Place,
)
from shared.models.histogram_boosting.levels import Level
from shared.models.tree_arrays import TREE_SIZES, concatenate_trees, first_trees
from shared.questions import (
    ARRAYS_KEY,
    CONFIG_KEY,
    COUNT_ON_GRID,
    GROW,
    HEADER_FIELD,
    METRICS_KEY,
    Question,
    array_record,
    question_record,
    questions_to,
)
from shared.run_settings import ModelName

NAME: ModelName = "boosted_trees"
CUTS = "cuts"
STOPPING = "stopping"
# Sums of fixed-point numbers stay below this at every hospital.
LARGEST_SUM = 2**53
# A hospital that Flower starts anew for each message is told everything each time.
FORGETFUL_LOSSES = 2
LOST = "was lost in this iteration; takes part in the next"

Sums = npt.NDArray[np.int64]


@dataclass
class FederatedBoosting:
    """Asks the hospitals for sums, and lets `Boosting` make trees of them.

    Parameters
    ----------
    question : Question
        With the settings and the preparation; for hospitals that begin.
    bits : int
        Binary places of derivatives.
    trees : Arrays
        Grown so far; the model without trees at first.
    """

    grid: RecordingGrid
    model: BoostedTrees
    question: Question
    bits: int
    trees: Arrays
    cuts: CutPoints | None = None
    _growth: str = field(default_factory=lambda: uuid.uuid4().hex)
    # Where each hospital is that answered the last question.
    _places: dict[int, Place] = field(default_factory=dict)
    # How often each lost its place; those that keep nothing in memory do so whenever they may.
    _losses: Counter[int] = field(default_factory=Counter)
    _now: Place | None = None
    _growing: set[int] = field(default_factory=set)
    _levels: list[Level] = field(default_factory=list)
    # Lost in the middle of this iteration.
    _excluded: set[int] = field(default_factory=set)

    def find_cuts(self) -> CutPoints:
        """Ask on finer and finer grids where columns may be cut."""
        search = CutSearch(self.model.columns, self.model.settings.maximum_bins)
        while (grid := search.question()) is not None:
            search.answer(self._counted(grid))
        return search.cuts()

    def _counted(self, grid: Arrays) -> Arrays:
        self.grid.begin(
            NAME, AnswerChecks(lambda reply: check_counts(grid, answered_arrays(reply)))
        )
        nodes = list(self.grid.get_node_ids())
        arrays = {ARRAYS_KEY: array_record(grid)}
        messages = questions_to(nodes, COUNT_ON_GRID, self.question, arrays)
        answers = [answered_arrays(each) for each in self._good(messages).values()]
        return {name: sum_of(each[name] for each in answers) for name in answers[0]}

    def _good(self, messages: list[Message]) -> dict[int, Message]:
        replies = self.grid.send_and_receive(messages)
        return {each.metadata.src_node_id: each for each in replies if not each.has_error()}

    def rounds(self, begin: Progress, intercept: npt.NDArray[np.float32]) -> Iterator[Progress]:
        """Yield the model after each iteration that is still to do.

        Parameters
        ----------
        begin : Progress
            Before the first iteration, or where an earlier process was.
        """
        if begin.number >= self.model.settings.iterations:
            return
        self._continue_from(begin)
        boosting = Boosting(
            self.model.settings,
            self._cut_points,
            self.model.groups,
            self.bits,
            self.model.seed,
            intercept,
        )
        boosting.restore(begin.strategy.get(STOPPING, {}))
        for number, trees in enumerate(
            boosting.iterations(self._ask, begin.number + 1), begin.number + 1
        ):
            self.trees = concatenate_trees([self.trees, trees])
            state = {CUTS: self._cut_points.to_arrays(), STOPPING: boosting.state()}
            yield Progress(number, self.trees, trained=True, strategy=state)
        if boosting.surplus:
            kept = len(self.trees[TREE_SIZES]) - boosting.surplus * self.model.groups
            last = self.model.settings.iterations
            yield Progress(last, first_trees(self.trees, kept), trained=True)

    def _continue_from(self, begin: Progress) -> None:
        self.trees = begin.arrays
        if CUTS in begin.strategy:
            self.cuts = CutPoints.from_arrays(begin.strategy[CUTS], self.model.columns)

    def _ask(self, question: GrowthQuestion) -> GrowthAnswer:
        place = self._next_place(question)
        if question.step == 0:
            self._excluded = self._excluded if place.attempt else set()
            self._growing = set(self.grid.get_node_ids()) - self._excluded
            self._levels = []
        else:
            self._levels += question.decided
        replies = self._sums(question, place)
        self._now = place
        lost = self._growing - set(replies)
        for node in lost:
            self._places.pop(node, None)
        self._excluded |= lost
        if lost and question.step:
            # Sums of the levels before hold rows of theirs.
            raise MembersChangedError
        self._growing -= lost
        return added(list(replies.values()))

    def _sums(self, question: GrowthQuestion, place: Place) -> dict[int, Message]:
        """Ask everyone; those whose process was started anew again, with everything they need."""
        excused = dict.fromkeys(self._excluded, LOST)
        replies = self._asked(self._growing, question, place, excused)
        forgot = {node for node, reply in replies.items() if has_forgotten(reply)}
        for node in forgot:
            self._places.pop(node, None)
            self._losses[node] += 1
        if forgot:
            others = dict.fromkeys(self._growing - forgot, "")
            replies |= self._asked(forgot, question, place, {**excused, **others}, 0)
        good = {node: each for node, each in replies.items() if not has_forgotten(each)}
        self._places |= dict.fromkeys(good, place)
        return good

    def _asked(
        self,
        nodes: set[int],
        question: GrowthQuestion,
        place: Place,
        excused: Mapping[int, str],
        minimum: int | None = None,
    ) -> dict[int, Message]:
        wanted = (int(question.wanted.sum()), self._cut_points.total_bins, 2)
        checks = AnswerChecks(lambda reply: check_sums(reply, wanted))
        self.grid.begin(NAME, checks, question.iteration - 1, minimum, excused)
        return self._good([self._message(node, question, place) for node in sorted(nodes)])

    def _next_place(self, question: GrowthQuestion) -> Place:
        now = self._now
        again = now is not None and question.step == 0 and now.iteration == question.iteration
        attempt = now.attempt if now is not None and now.iteration == question.iteration else 0
        return Place(
            growth=self._growth,
            iteration=question.iteration,
            attempt=attempt + again,
            step=question.step,
        )

    @property
    def _cut_points(self) -> CutPoints:
        if self.cuts is None:
            self.cuts = self.find_cuts()
        return self.cuts

    def _message(self, node: int, question: GrowthQuestion, now: Place) -> Message:
        before = self._places.get(node)
        restart = before is not None and question.step == 0 and before.iteration == now.iteration
        follows = before is not None and (restart or before == self._now)
        config = ConfigRecord()
        if follows and self._losses[node] < FORGETFUL_LOSSES:
            header = GrowthHeader(before=before, now=now, restart=restart, bits=self.bits)
            body = GrowthBody(question.wanted, question.decided)
        else:
            header = GrowthHeader(before=None, now=now, bits=self.bits)
            body = GrowthBody(
                question.wanted, self._levels, self._cut_points.to_arrays(), self.trees
            )
            config = question_record(self.question)
        config[HEADER_FIELD] = header.model_dump_json()
        content = RecordDict({CONFIG_KEY: config, ARRAYS_KEY: array_record(body.to_arrays())})
        return Message(content, node, GROW)


def check_counts(grid: Arrays, counted: Arrays) -> None:
    """Refuse what are no counts on a grid.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    columns = len(grid[EDGE_COUNTS])
    shapes = {ROWS_IN_BINS: (len(grid[EDGES]) + columns,), ROWS_MISSING: (columns,)}
    if {name: array.shape for name, array in counted.items()} != shapes:
        raise JuntosError("counts on another grid than the one asked about")
    for array in counted.values():
        if array.dtype != np.int64 or (array < 0).any() or (array > LARGEST_SUM).any():
            raise JuntosError("counts that are no counts")


def check_sums(reply: Message, shape: tuple[int, ...]) -> None:
    """Refuse what are no sums over the nodes and bins asked about.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    if has_forgotten(reply):
        return
    arrays = answered_arrays(reply)
    sums = arrays.get(SUMS)
    if set(arrays) != {SUMS} or sums is None or sums.shape != shape or sums.dtype != np.int64:
        raise JuntosError("sums over other nodes or bins than those asked about")
    if (np.abs(sums) > LARGEST_SUM).any() or (sums[..., 1] < 0).any():
        raise JuntosError("sums that no rows can have")
    metrics = reply.content.metric_records.get(METRICS_KEY, MetricRecord())
    if not all(isinstance(metrics.get(name), int) for name in (LOSS, WEIGHT)):
        raise JuntosError("sums without a loss")


def has_forgotten(reply: Message) -> bool:
    """Return whether a hospital says that it must be told everything."""
    return list(reply.content.metric_records.get(METRICS_KEY, {})) == [FORGOTTEN]


def added(replies: list[Message]) -> GrowthAnswer:
    """Sum the hospitals' answers."""
    metrics = [reply.content.metric_records[METRICS_KEY] for reply in replies]
    return GrowthAnswer(
        sum_of(answered_arrays(reply)[SUMS] for reply in replies),
        sum(int(str(each[LOSS])) for each in metrics),
        sum(int(str(each[WEIGHT])) for each in metrics),
    )


def sum_of(arrays: Iterator[Sums]) -> Sums:
    """Add arrays of whole numbers."""
    total = next(arrays).copy()
    for each in arrays:
        total += each
    return total
