"""Judging models by sums: how good they are, how sure, and what they give away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from server.sums.asking import FederationSums
from shared.attacks import MembershipCounts
from shared.contract import Contract
from shared.metrics import Evaluation
from shared.metrics.paired_counts import COLUMNS, Counts, check_pairs, compared_classes
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.privacy import membership_vector
from shared.privacy.evaluation_vector import read_evaluations, size_of
from shared.privacy.gaussian_budget import Spending
from shared.privacy.sum_question import Purpose, SumHeader
from shared.questions import ALONE_PREFIX, Question
from shared.run_settings import ModelName

Floats = np.ndarray


@dataclass(frozen=True)
class Judging:
    """Asks for sums over the held-out patients of all hospitals together.

    Attributes
    ----------
    view : Contract
        As the run sees it.
    question : Question
        With the preparation.
    """

    sums: FederationSums
    view: Contract
    question: Question
    preparation: Preparation
    models: Mapping[ModelName, Arrays]

    def evaluations(self, spending: Spending) -> dict[ModelName, Evaluation]:
        """Ask how the models do."""
        privacy = self.question.settings.privacy
        size = size_of(self.view, len(self.models), privacy)
        values = self._sum("evaluation", spending, size)
        read = read_evaluations(self.view, values.astype(float), len(self.models), privacy)
        return dict(zip(self.models, read, strict=True))

    def membership(self, spending: Spending) -> dict[ModelName, MembershipCounts]:
        """Ask how sure the models are of patients they learned from, and of others."""
        size = membership_vector.size_of(len(self.models))
        values = self._sum("membership", spending, size)
        read = membership_vector.read_membership(values.astype(float), len(self.models))
        return dict(zip(self.models, read, strict=True))

    def pairs(self, nothing: Spending) -> tuple[dict[str, Counts], dict[ModelName, int]]:
        """Ask how the models do beside each hospital's own.

        Returns
        -------
        dict of str to array
            By ``alone/KIND``, as `shared.metrics.paired_counts.count_pairs` returns them.
        dict of str to int
            By kind: at how many hospitals their own is better beyond chance.
        """
        replicates = self.question.settings.review.replicates
        classes = len(compared_classes(np.array(self.preparation.class_frequencies)))
        shape = (replicates + 1, classes + 1, COLUMNS)
        one, models = int(np.prod(shape)), len(self.models)
        values = self._sum("paired comparison", nothing, models * (one + 1))
        parts = values[: models * one].reshape(models, *shape)
        pairs = {
            f"{ALONE_PREFIX}{name}": check_pairs(part, replicates, classes)
            for name, part in zip(self.models, parts, strict=True)
        }
        harmed = [int(each) for each in values[models * one :]]
        return pairs, dict(zip(self.models, harmed, strict=True))

    def _sum(self, purpose: Purpose, spending: Spending, size: int) -> np.ndarray:
        header = SumHeader(purpose=purpose, noise_multiplier=spending.noise_multiplier(releases=1))
        named = dict[str, Arrays]((str(name), each) for name, each in self.models.items())
        return self.sums.ask(self.question, header, (size,), named).values
