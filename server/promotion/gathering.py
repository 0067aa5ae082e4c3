"""From a run's result and review to evidence."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.federation_result import EvaluationsByHospital, FederationResult
from server.promotion.evidence import (
    AttackEvidence,
    ClassEvidence,
    Evidence,
    HospitalEvidence,
    OverallEvidence,
    ReviewEvidence,
)
from server.review.repetitions import Repetitions
from server.review.review import Review
from shared.errors import SettingsError
from shared.metrics import merge_evaluations
from shared.metrics.paired_counts import Counts, add_pairs, compared_classes
from shared.metrics.paired_tests import PairedTable
from shared.questions import PREVIOUS_PREFIX
from shared.run_settings import ModelName, RunSettings

EVIDENCE_FILE = "evidence.json"
_NORMAL_QUANTILE = 1.959963984540054


@dataclass(frozen=True)
class Gathering:
    """Puts evidence together.

    Attributes
    ----------
    run : str
    champion : str
        Label of the model in use; empty where there is none.
    enrolled : iterable of str
        All hospitals that have joined: one that took no part was not compared.
    repetitions : Repetitions or None
        Of the review.
    """

    run: str
    settings: RunSettings
    result: FederationResult
    champion: str
    enrolled: Iterable[str]
    review: Review | None = None
    repetitions: Repetitions | None = None

    def evidence(self) -> Evidence:
        """Return all that is known of the chosen kind of model."""
        kind = self.kind
        return Evidence(
            run=self.run,
            champion=self.champion,
            overall=self._overall(),
            classes=self._classes(),
            hospitals={name: self._hospital(name) for name in self._names()},
            harmed=self.result.harmed.get(kind),
            champion_calibration=calibration_error(self.result.champion, None),
            calibration=calibration_error(self.result.federated, kind),
            attack=self._attack(),
            is_private=kind in self.result.guarantees,
            review=None if self.review is None else review_evidence(self.review, self.settings),
            date=datetime.datetime.now(datetime.UTC).date(),
        )

    @property
    def kind(self) -> ModelName:
        """The kind that the review chose; without one, that with the lowest log loss."""
        if self.review is not None:
            return self.review.chosen
        return min(self.result.models, key=lambda name: log_loss(self.result.federated, name))

    def _names(self) -> list[str]:
        return sorted({*self.result.hospitals, *self.enrolled})

    def _pairs(self) -> dict[str, Counts]:
        name = f"{PREVIOUS_PREFIX}{self.kind}"
        return {
            hospital: each[name] for hospital, each in self.result.pairs.items() if name in each
        }

    def _overall(self) -> OverallEvidence | None:
        pairs = list(self._pairs().values())
        if not pairs:
            return None
        together = add_pairs(pairs)
        return OverallEvidence(table=table_of(together, 0), draws=gains(together))

    def _classes(self) -> dict[str, ClassEvidence]:
        pairs = list(self._pairs().values())
        places = {}
        if pairs:
            together = add_pairs(pairs)
            frequencies = np.array(self.result.preparation.class_frequencies)
            compared = compared_classes(frequencies)
            places = {leaf: table_of(together, at) for at, leaf in enumerate(compared, start=1)}
        contract = self.result.contract
        return {
            code: ClassEvidence(
                name=contract.classes[code].name,
                frequency=contract.classes[code].frequency,
                table=places.get(position),
            )
            for position, code in enumerate(contract.leaves)
        }

    def _hospital(self, name: str) -> HospitalEvidence:
        pairs, told = self._pairs(), self.result.hospitals.get(name)
        knows = told is not None and bool(told.data_version)
        missing = "" if told is not None else "It took no part in the run."
        return HospitalEvidence(
            table=table_of(pairs[name], 0) if name in pairs else None,
            held_out=told.held_out_by if told is not None and knows else "unknown",
            influence=self._influence(name),
            left_out=self.result.left_out.get(name, missing),
        )

    def _influence(self, name: str) -> float | None:
        """Return how much better the others are served without its rows, at least."""
        without = self.repetitions.without.get(name) if self.repetitions else None
        if without is None:
            return None
        others = {*self.result.federated, *without.federated} - {name}
        one = right_answers(without.federated, others, self.kind)
        all_ = right_answers(self.result.federated, others, self.kind)
        if not one[0] or not all_[0]:
            return None
        shares = [right / rows for rows, right in (one, all_)]
        variance = sum(
            share * (1 - share) / rows for share, (rows, _) in zip(shares, (one, all_), strict=True)
        )
        return shares[0] - shares[1] - _NORMAL_QUANTILE * math.sqrt(variance)

    def _attack(self) -> AttackEvidence | None:
        from server.attacking import risk_of

        found = [
            risk_of(each, self.kind)
            for each in (self.result.attacks.membership, self.result.attacks.likelihood)
        ]
        lows = [risk.low for risk in found if risk is not None]
        limit = self.settings.review.largest_membership_auc
        return AttackEvidence(low=max(lows), limit=limit) if lows else None


def table_of(counts: Counts, position: int) -> PairedTable:
    """Return which model is right where, of all rows (position 0) or those of a class.

    Parameters
    ----------
    counts : int64 array of shape (replicates + 1, classes + 1, 4)
    """
    rows, first, second, both = (int(each) for each in counts[0, position])
    return PairedTable(
        both=both,
        champion_only=first - both,
        challenger_only=second - both,
        neither=rows - first - second + both,
    )


def gains(counts: Counts) -> list[float]:
    """Return the gain over all rows in each replicate that drew any."""
    drawn = counts[1:, 0].astype(np.float64)
    drawn = drawn[drawn[:, 0] > 0]
    found: list[float] = ((drawn[:, 2] - drawn[:, 1]) / drawn[:, 0]).tolist()
    return found


def calibration_error(found: EvaluationsByHospital, kind: ModelName | None) -> float | None:
    """Return the expected calibration error over all hospitals; of the only kind without a name."""
    chosen = [
        each
        for kinds in found.values()
        for name, each in kinds.items()
        if kind is None or name == kind
    ]
    if not chosen:
        return None
    return merge_evaluations(chosen).scores()["finest"].expected_calibration_error


def log_loss(found: EvaluationsByHospital, kind: ModelName) -> float:
    """Return the mean log loss of a kind over all hospitals; infinity where nobody judged it."""
    chosen = [kinds[kind] for kinds in found.values() if kind in kinds]
    loss = merge_evaluations(chosen).scores()["finest"].log_loss if chosen else None
    return math.inf if loss is None else loss


def right_answers(
    found: EvaluationsByHospital, hospitals: Iterable[str], kind: ModelName
) -> tuple[int, int]:
    """Return rows and right answers of a kind at some hospitals."""
    counts = [found[name][kind].finest for name in hospitals if kind in found.get(name, {})]
    right = sum(int(np.trace(np.array(each.confusion))) for each in counts)
    return sum(each.rows for each in counts), right


def review_evidence(review: Review, settings: RunSettings) -> ReviewEvidence:
    """Return what a review said that a gate looks at."""
    accuracy = review.kinds[review.chosen].figures.get("accuracy")
    several = accuracy is not None and review.seeds > 1
    return ReviewEvidence(
        verdict=review.verdict,
        blocking=[each.what for each in review.findings if each.blocks],
        criteria=len(review.criteria),
        met=sum(each.passed for each in review.criteria),
        accuracy_deviation=accuracy.deviation if accuracy is not None and several else None,
        largest_deviation=settings.review.largest_spread,
    )


def keep_evidence(folder: Path, evidence: Evidence) -> None:
    """Write evidence into the folder of its run, in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{EVIDENCE_FILE}.partial"
    partial.write_text(evidence.model_dump_json(indent=1), encoding="utf-8")
    partial.replace(folder / EVIDENCE_FILE)


def read_evidence(folder: Path, run: str) -> Evidence:
    """Read the evidence of a run.

    Raises
    ------
    SettingsError
        When it left none.
    """
    try:
        return Evidence.model_validate_json((folder / EVIDENCE_FILE).read_bytes())
    except OSError:
        raise SettingsError(
            f"{run} left no evidence to judge its model by.",
            "Train with `juntos coordinator train --review`.",
        ) from None
