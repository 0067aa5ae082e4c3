"""From the counts of all repetitions to the figures of a review."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from server.attacking import guessed_most, risk_of
from server.comparison import PairsByHospital
from server.federation_result import EvaluationsByHospital, FederationResult
from server.parts import PartResult
from server.review.repetitions import Repetitions
from server.review.review import (
    ClassReview,
    Gain,
    HospitalReview,
    KindReview,
    ReliabilityBin,
    Spread,
)
from shared.metrics import Evaluation, merge_evaluations
from shared.metrics.counts import LevelCounts
from shared.metrics.paired_counts import add_pairs, compared_classes, difference
from shared.questions import ALONE_PREFIX, PREVIOUS_PREFIX
from shared.run_settings import ModelName

FIGURES = ("accuracy", "macro_f1", "auc", "log_loss", "expected_calibration_error")


@dataclass(frozen=True)
class Measuring:
    """The figures of one kind of model.

    Attributes
    ----------
    result : FederationResult
        Of the run that is reviewed.
    """

    name: ModelName
    result: FederationResult
    repetitions: Repetitions

    def review(self) -> KindReview:
        """Return all figures."""
        by_seed = [self._by_hospital(parts) for parts in self.repetitions.folds.values()]
        merged = [merge_evaluations(each.values()) for each in by_seed]
        return KindReview(
            figures=figures(merged),
            reliability=reliability(merged[0].finest),
            hospitals={name: self._hospital(name, by_seed) for name in self.result.hospitals},
            classes=self._classes(merged[0]),
            against_alone=self._gain(ALONE_PREFIX),
            against_previous=self._gain(PREVIOUS_PREFIX),
            membership=risk_of(self.result.attacks.membership, self.name),
            likelihood=risk_of(self.result.attacks.likelihood, self.name),
            attribute=guessed_most(self.result.attacks, self.name),
            guarantee=self.result.guarantees.get(self.name),
        )

    def _by_hospital(self, parts: list[PartResult]) -> dict[str, Evaluation]:
        """Return each hospital's counts over all folds."""
        found: dict[str, list[Evaluation]] = {}
        for part in parts:
            for hospital, kinds in part.federated.items():
                if self.name in kinds:
                    found.setdefault(hospital, []).append(kinds[self.name])
        return {name: merge_evaluations(each) for name, each in found.items()}

    def _hospital(self, hospital: str, by_seed: list[dict[str, Evaluation]]) -> HospitalReview:
        found = [each[hospital] for each in by_seed if hospital in each]
        accuracies = [each.scores()["finest"].accuracy for each in found]
        known = [value for value in accuracies if value is not None]
        without = self.repetitions.without.get(hospital)
        return HospitalReview(
            rows=found[0].finest.rows if found else 0,
            accuracy=Spread.of(known) if known else None,
            against_alone=self._gain(ALONE_PREFIX, hospital=hospital),
            against_previous=self._gain(PREVIOUS_PREFIX, hospital=hospital),
            without_it=accuracy_at(without.federated, hospital, self.name) if without else None,
            with_it=accuracy_at(self.result.federated, hospital, self.name),
        )

    def _classes(self, everything: Evaluation) -> dict[str, ClassReview]:
        found = {}
        for code, score in everything.scores()["finest"].by_class.items():
            target = self.result.contract.classes[code]
            position = self.result.contract.leaves.index(code)
            found[code] = ClassReview(
                name=target.name,
                frequency=target.frequency,
                training_rows=self.result.summary.classes.get(code, 0),
                rows=score.rows,
                recall=score.recall,
                precision=score.precision,
                against_alone=self._gain(ALONE_PREFIX, position),
                against_previous=self._gain(PREVIOUS_PREFIX, position),
            )
        return found

    def _gain(
        self, prefix: str, code: int | None = None, hospital: str | None = None
    ) -> Gain | None:
        """Compare with other models on all rows, on those of one class or of one hospital."""
        counts = [
            pairs[f"{prefix}{self.name}"][:, [position]]
            for compared, by_hospital in self._pairs(prefix)
            if (position := place(code, compared)) is not None
            for name, pairs in by_hospital.items()
            if hospital in (None, name) and f"{prefix}{self.name}" in pairs
        ]
        found = difference(add_pairs(counts), 0) if counts else None
        return Gain.of(found) if found else None

    def _pairs(self, prefix: str) -> list[tuple[list[int], PairsByHospital]]:
        """Return paired counts: over all folds, or on the run's own held-out rows."""
        if prefix == PREVIOUS_PREFIX:
            frequencies = np.array(self.result.preparation.class_frequencies)
            return [(compared_classes(frequencies), self.result.pairs)]
        return [(part.compared, part.paired) for part in self.repetitions.folds.get(0, [])]


def place(code: int | None, compared: list[int]) -> int | None:
    """Return where counts of a class are, or 0 for all rows; None where it was not counted."""
    if code is None:
        return 0
    return compared.index(code) + 1 if code in compared else None


def figures(merged: list[Evaluation]) -> dict[str, Spread]:
    """Return each figure over repetitions."""
    scores = [each.scores()["finest"] for each in merged]
    found = {}
    for figure in FIGURES:
        values = [getattr(score, figure) for score in scores]
        if all(value is not None for value in values):
            found[figure] = Spread.of(values)
    return found


def accuracy_at(evaluations: EvaluationsByHospital, hospital: str, name: ModelName) -> float | None:
    """Return the accuracy of a kind of model at a hospital."""
    evaluation = evaluations.get(hospital, {}).get(name)
    return evaluation.scores()["finest"].accuracy if evaluation else None


def reliability(counts: LevelCounts) -> list[ReliabilityBin]:
    """Return the bins of a reliability diagram that hold rows."""
    bins = zip(
        counts.reliability_rows,
        counts.reliability_confidence,
        counts.reliability_hits,
        strict=True,
    )
    return [
        ReliabilityBin(rows=rows, stated=confidence / rows, right=hits / rows)
        for rows, confidence, hits in bins
        if rows
    ]
