"""A deployed model in memory: one object that nothing changes once it is made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.serving.answer import (
    Answer,
    Explanation,
    ModelIdentity,
    NextFinding,
    RankedDisease,
)
from client.serving.case import Case
from client.serving.case_columns import CaseColumns, column_of
from client.serving.evidence import Judged, judge
from client.serving.explaining.columns_weighed import Weigher, weigher_of
from client.serving.explaining.next_findings import next_findings
from client.serving.explaining.reasons import reasons_of
from client.serving.reading import INPUT, OUTPUT, ServedParts, read_parts
from client.serving.settings import ServingSettings
from shared.contract import Contract, TextFeature
from shared.errors import JuntosError
from shared.models.training_data import Matrix, Probabilities
from shared.ontology import Terminology, terminologies, terminology

QUICK_SECONDS = 0.003
MEASURED_CASES = 9


class ServedModel:
    """Answers for patients with one model.

    Parameters
    ----------
    parts : ServedParts
    settings : ServingSettings
        The hospital's.

    Attributes
    ----------
    identity : ModelIdentity
    contract : Contract
        As the model sees it.
    is_quick : bool
        Whether an answer takes so little that other requests may wait for it.
    """

    def __init__(self, parts: ServedParts, settings: ServingSettings) -> None:
        self.parts = parts
        self.settings = settings
        self.identity: ModelIdentity = parts.identity
        self.contract: Contract = parts.contract
        self._names = [parts.contract.classes[leaf].name for leaf in parts.contract.leaves]
        self._columns = CaseColumns(parts.contract)
        self._coverage, self._cut_off = self._wished()
        self.is_quick = False

    def answer(self, case: Case) -> Answer:
        """Return the differential of one patient."""
        return self.answer_many([case])[0]

    def answer_many(self, cases: Sequence[Case]) -> list[Answer]:
        """Return the differential of each patient."""
        if not cases:
            return []
        probabilities = self.probabilities(cases)
        return [self._answer(case, row) for case, row in zip(cases, probabilities, strict=True)]

    def probabilities(self, cases: Sequence[Case]) -> Probabilities:
        """Return calibrated probabilities, shape (cases, leaves of the contract)."""
        return self.parts.calibrator.apply(self.raw(self.matrix(cases)))

    def matrix(self, cases: Sequence[Case]) -> Matrix:
        """Return what the model sees, shape (cases, columns)."""
        with terminologies(self.parts.terminologies):
            columns = self._columns.columns(cases)
            return self.parts.preparation.preprocessor.matrix(
                columns, keep_missing=self.parts.keeps_missing
            )

    def raw(self, matrix: Matrix) -> Probabilities:
        """Return the model's own probabilities, each row scaled to sum to one."""
        found = self.parts.session.run([OUTPUT], {INPUT: matrix})[0].astype(np.float64)
        scaled: Probabilities = found / found.sum(axis=1, keepdims=True)
        return scaled

    def terminology(self, code_system: str) -> Terminology:
        """Return the terms that the model was made with."""
        with terminologies(self.parts.terminologies):
            return terminology(code_system)

    def measure(self) -> None:
        """Find out whether the model `is_quick`, by the processor's time for golden cases.

        Notes are read by ways of their own, which may take long for some and not for others.
        """
        cases = self.golden_cases()[:MEASURED_CASES]
        noted = any(isinstance(each, TextFeature) for each in self.contract.recorded.values())
        if noted or not cases:
            return
        times = []
        for case in cases:
            begun = time.thread_time()
            self.answer(case)
            times.append(time.thread_time() - begun)
        self.is_quick = sorted(times)[len(times) // 2] < QUICK_SECONDS

    def golden_cases(self) -> list[Case]:
        """Return the invented cases whose answers the bundle promises."""
        written = self.parts.golden.cases
        columns = {
            name: column_of(feature, written.get(name, []))  # type: ignore[arg-type]
            for name, feature in self.contract.recorded.items()
        }
        number = max((len(column) for column in columns.values()), default=0)
        return [
            Case({name: _plain(column[row]) for name, column in columns.items() if len(column)})
            for row in range(number)
        ]

    def explain(self, case: Case, code: str) -> Explanation:
        """Return what spoke for a disease and against it.

        Raises
        ------
        JuntosError
            When the model does not know the disease.
        """
        index = self.index_of(code)
        with terminologies(self.parts.terminologies):
            columns = self._columns.columns([case])
            preprocessor = self.parts.preparation.preprocessor
            matrix = preprocessor.matrix(columns, keep_missing=self.parts.keeps_missing)
            weights, nobody = self._weigher.weigh(matrix[0], index)
            reasons = reasons_of(self.contract, preprocessor, columns, weights)
        return Explanation(code, self._weigher.scale, nobody, reasons)

    def index_of(self, code: str) -> int:
        """Return the place of a disease among the leaves of the contract.

        Raises
        ------
        JuntosError
            When the model does not know it.
        """
        if code not in self.contract.leaves:
            raise JuntosError(
                "The model does not know this disease.", "Ask for one that an answer ranks."
            )
        return self.contract.leaves.index(code)

    @cached_property
    def _weigher(self) -> Weigher:
        # Needed by few requests, and takes longer than an answer.
        return weigher_of(self.parts)

    def next_findings(self, case: Case, most: int = 5) -> list[NextFinding]:
        """Return what to look at next, the most telling first."""
        with terminologies(self.parts.terminologies):
            return next_findings(
                self.contract,
                self.parts.summary,
                self.parts.preparation.preprocessor,
                case,
                self.probabilities,
                most,
            )

    def _wished(self) -> tuple[float | None, float]:
        """Return the coverage of the sets and its cut-off; see `ServingSettings.coverage`."""
        fitted = sorted(self.parts.calibrator.cut_offs)
        if not fitted:
            return None, 0.0
        enough = [each for each in fitted if each >= self.settings.coverage - 1e-9]
        coverage = enough[0] if enough else fitted[-1]
        return coverage, self.parts.calibrator.cut_offs[coverage]

    def _answer(self, case: Case, probabilities: npt.NDArray[np.float64]) -> Answer:
        order = np.argsort(-probabilities, kind="stable")
        in_set = probabilities >= self._cut_off if self._coverage is not None else None
        size = None if in_set is None else int(in_set.sum())
        judged = Judged(size, len(order), self._coverage or 0.0)
        evidence = judge(self._columns.known(case), judged, self.settings)
        shown = order[: max(self.settings.most_ranked, size or 0)]
        plain, leaves, cases = probabilities.tolist(), self.contract.leaves, self._training_cases
        within = [False] * len(plain) if in_set is None else in_set.tolist()
        ranked = tuple(
            RankedDisease(
                leaves[index], self._names[index], plain[index], cases[index], within[index]
            )
            for index in shown.tolist()
        )
        return Answer(
            ranked=ranked,
            other_probability=max(0.0, 1.0 - sum(each.probability for each in ranked)),
            other_diseases=len(order) - len(ranked),
            coverage=self._coverage,
            prediction_set=tuple(each.code for each in ranked if each.in_set),
            enough_evidence=evidence.enough,
            why_not=evidence.words,
            why_not_code=evidence.code,
            model=self.identity,
        )

    @cached_property
    def _training_cases(self) -> list[int | None]:
        counts = self.parts.preparation.class_counts
        return [*counts] if counts else [None] * self.parts.preparation.classes


def _plain(value: object) -> float | str | tuple[str, ...] | None:
    if isinstance(value, float):
        return None if np.isnan(value) else float(value)
    return value  # type: ignore[return-value]


def read_served(
    folder: Path, key: Ed25519PublicKey, contract: Contract, settings: ServingSettings
) -> ServedModel:
    """Read, verify and try out a bundle.

    Raises
    ------
    BundleError
        When it is refused, or does not give the answers that its golden cases promise.
    """
    model = ServedModel(read_parts(folder, key, contract), settings)
    model.parts.golden.check(model.probabilities(model.golden_cases()))
    model.measure()
    return model
