"""Boosted trees from secret sums: the same trees, and nobody sees one hospital's histograms."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from flwr.app import Message

from server.federated_boosting import NAME, FederatedBoosting
from server.sums.asking import Asked, FederationSums, message_to
from shared.models.base import Arrays
from shared.models.histogram_boosting.boosting import GrowthAnswer, GrowthQuestion
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import (
    EDGE_COUNTS,
    EDGES,
    ROWS_IN_BINS,
    ROWS_MISSING,
    CutSearch,
)
from shared.models.histogram_boosting.growth_messages import Place
from shared.privacy.fixed_sums import Integers
from shared.privacy.sum_question import SumHeader
from shared.questions import ARRAYS_KEY, CONFIG_KEY, GROWTH_FIELD, array_record


@dataclass
class SecretBoosting(FederatedBoosting):
    """Asks for sums of all hospitals where `FederatedBoosting` asks each for its own.

    A hospital that is lost in the middle of an iteration takes part again in the next.
    """

    sums: FederationSums = field(kw_only=True)
    _asked_before: int = 0

    def _sums(self, question: GrowthQuestion, place: Place) -> tuple[set[int], GrowthAnswer]:
        self._asked_before += 1
        header = SumHeader(purpose="tree growth", step=self._asked_before, noise_multiplier=0)
        wanted = (int(question.wanted.sum()), self._cut_points.total_bins, 2)

        def message(node: int, masked: SumHeader) -> Message:
            growth, arrays = self._told(node, question, place)
            written = message_to(self.question, {ARRAYS_KEY: array_record(arrays)}, node, masked)
            written.content.config_records[CONFIG_KEY][GROWTH_FIELD] = growth.model_dump_json()
            return written

        # The loss and its weight come after the sums.
        shape = (int(np.prod(wanted)) + 2,)
        asked = Asked(header, shape, message, NAME, question.iteration - 1)
        found = self.sums.collect(asked, self._growing)
        nodes = {node for node in self._growing if self.grid.hospital(node) in found.members}
        self._places |= dict.fromkeys(nodes, place)
        loss, weight = (int(each) for each in found.values[-2:])
        return nodes, GrowthAnswer(found.values[:-2].reshape(wanted), loss, weight)

    def _find_cuts(self) -> CutPoints:
        columns = self.model.columns
        search = CutSearch(columns, self.model.settings.maximum_bins)
        step = 0
        while (edges := search.question()) is not None:
            step += 1
            header = SumHeader(purpose="grid counts", step=step, noise_multiplier=0)
            shape = (len(edges[EDGES]) + len(edges[EDGE_COUNTS]) + columns,)
            found = self.sums.ask(self.question, header, shape, {ARRAYS_KEY: edges})
            search.answer(counts_of(found.values, columns))
        return search.cuts()


def counts_of(values: Integers, columns: int) -> Arrays:
    """Return what a grid's counts are in a sum."""
    return {ROWS_IN_BINS: values[:-columns], ROWS_MISSING: values[-columns:]}
