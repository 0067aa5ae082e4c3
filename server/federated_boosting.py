"""Boosted trees that all hospitals grow together, over any Grid."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from flwr.app import ConfigRecord, Message, RecordDict

from server.answer_checks import AnswerChecks
from server.checkpoint import Progress
from server.cut_finding import find_cuts
from server.growth_answers import added, check_sums, has_forgotten
from server.recording_grid import RecordingGrid
from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.boosting import (
    Boosting,
    GrowthAnswer,
    GrowthQuestion,
    MembersChangedError,
)
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.growth_messages import (
    GrowthBody,
    GrowthHeader,
    Place,
)
from shared.models.histogram_boosting.levels import Level
from shared.models.tree_arrays import TREE_SIZES, concatenate_trees, first_trees
from shared.questions import (
    ARRAYS_KEY,
    CONFIG_KEY,
    GROW,
    HEADER_FIELD,
    Question,
    array_record,
    question_record,
)
from shared.run_settings import ModelName

NAME: ModelName = "boosted_trees"
CUTS = "cuts"
STOPPING = "stopping"
# A hospital that Flower starts anew for each message is told everything each time.
FORGETFUL_LOSSES = 2
LOST = "was lost in this iteration; takes part in the next"


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
        answered, answer = self._sums(question, place)
        self._now = place
        lost = self._growing - answered
        for node in lost:
            self._places.pop(node, None)
        self._excluded |= lost
        if lost and question.step:
            # Sums of the levels before hold rows of theirs.
            raise MembersChangedError
        self._growing -= lost
        return answer

    def _sums(self, question: GrowthQuestion, place: Place) -> tuple[set[int], GrowthAnswer]:
        """Ask everyone; those whose process was started anew again, with everything they need.

        Returns
        -------
        set of int, GrowthAnswer
            Who answered, and the sum of it.
        """
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
        return set(good), added(list(good.values()))

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
            self.cuts = self._find_cuts()
        return self.cuts

    def _find_cuts(self) -> CutPoints:
        maximum_bins = self.model.settings.maximum_bins
        return find_cuts(self.grid, self.question, self.model.columns, maximum_bins)

    def _told(self, node: int, question: GrowthQuestion, now: Place) -> tuple[GrowthHeader, Arrays]:
        """Return what a hospital must be told: everything, if it is not where the others are."""
        before = self._places.get(node)
        restart = before is not None and question.step == 0 and before.iteration == now.iteration
        follows = before is not None and (restart or before == self._now)
        if follows and self._losses[node] < FORGETFUL_LOSSES:
            header = GrowthHeader(before=before, now=now, restart=restart, bits=self.bits)
            body = GrowthBody(question.wanted, question.decided)
        else:
            header = GrowthHeader(before=None, now=now, bits=self.bits)
            body = GrowthBody(
                question.wanted, self._levels, self._cut_points.to_arrays(), self.trees
            )
        return header, body.to_arrays()

    def _message(self, node: int, question: GrowthQuestion, now: Place) -> Message:
        header, arrays = self._told(node, question, now)
        config = question_record(self.question) if header.before is None else ConfigRecord()
        config[HEADER_FIELD] = header.model_dump_json()
        content = RecordDict({CONFIG_KEY: config, ARRAYS_KEY: array_record(arrays)})
        return Message(content, node, GROW)
