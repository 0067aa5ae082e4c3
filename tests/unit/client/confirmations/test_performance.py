"""The figures against scikit-learn, and what must be known to read them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score, precision_score, recall_score, top_k_accuracy_score

from client.audit import AuditStore
from client.confirmations import Confirmations
from client.confirmations.performance import delays_of, probabilities_of
from client.confirmations.share import f1_share, share
from shared.contract import Contract
from shared.metrics import merge_evaluations
from tests.unit.client.confirmations.conftest import Answer, said

LEAVES = ["none", "grade_1", "grade_2", "grade_3", "grade_4"]


def confirm_many(
    confirmations: Confirmations, answer: Answer, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    probabilities = generator.dirichlet(np.ones(5), rows)
    truth = np.array([generator.choice(5, p=each) for each in probabilities])
    for row, index in zip(probabilities, truth, strict=True):
        one = answer(*zip(LEAVES, row.tolist(), strict=True))
        confirmations.confirm(said(LEAVES[index], prediction=one.id))
    return probabilities, truth


def test_the_figures_are_those_of_scikit_learn(
    confirmations: Confirmations, answer: Answer
) -> None:
    probabilities, truth = confirm_many(confirmations, answer, 60)
    answer()
    found = confirmations.performance()
    first = probabilities.argmax(axis=1)
    assert (found.answers, found.labelled, found.unlabelled) == (61, 60, 1)
    assert found.accuracy.value == pytest.approx((first == truth).mean())
    assert found.top[3].value == pytest.approx(
        top_k_accuracy_score(truth, probabilities, k=3, labels=range(5))
    )
    for each in found.by_class:
        is_class = (truth == LEAVES.index(each.code), first == LEAVES.index(each.code))
        for figure, independent in (
            (each.precision, precision_score),
            (each.recall, recall_score),
            (each.f1, f1_score),
        ):
            assert figure.value == pytest.approx(independent(*is_class))
    sure = probabilities.max(axis=1) > 0.5
    assert found.accuracy_where_enough_evidence.rows == sure.sum()
    assert found.accuracy_where_enough_evidence.hits == (first == truth)[sure].sum()
    assert found.coverage.hits == (first == truth).sum()
    assert "1 of 61 answers have no confirmed diagnosis yet" in found.note
    assert "verification bias" in found.note


def test_counts_merge_with_those_of_another_hospital(
    confirmations: Confirmations, answer: Answer
) -> None:
    confirm_many(confirmations, answer, 10)
    found = confirmations.performance().evaluation
    merged = merge_evaluations([found, found])
    assert merged.finest.rows == 20
    assert merged.scores()["finest"].accuracy == found.scores()["finest"].accuracy


@pytest.mark.parametrize(("hits", "rows"), [(0, 1), (3, 7), (50, 50), (999, 1000)])
def test_intervals_are_wilsons(hits: int, rows: int) -> None:
    found = share(hits, rows)
    wanted = binomtest(hits, rows).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_f1_lies_in_its_interval_and_nothing_is_known_without_a_row() -> None:
    found = f1_share(3, 10)
    assert found.value == pytest.approx(2 * 3 / (2 * 3 + 7))
    assert found.low
    assert found.value
    assert found.high
    assert found.low < found.value < found.high
    assert share(0, 0).value is None


def test_a_coarser_diagnosis_counts_for_groups_alone(
    confirmations: Confirmations, answer: Answer
) -> None:
    one = answer(("none", 0.4), ("grade_1", 0.3), ("grade_2", 0.3))
    confirmations.confirm(said("disease", prediction=one.id))
    found = confirmations.performance()
    assert (found.accuracy.rows, found.accuracy_of_groups.hits) == (0, 1)


def test_conflicts_are_counted_and_not_used(confirmations: Confirmations, answer: Answer) -> None:
    one = answer()
    confirmations.confirm(said("none", prediction=one.id, source="ward"))
    confirmations.confirm(said("grade_1", prediction=one.id, source="pathology"))
    found = confirmations.performance()
    assert (found.answers, found.labelled, found.in_conflict, found.unlabelled) == (1, 0, 1, 0)
    assert "do not agree" in found.note


def test_asking_again_about_a_patient_counts_once(
    confirmations: Confirmations, answer: Answer
) -> None:
    for _ in range(3):
        answer(patient="p1")
    confirmations.confirm(said("none", patient="p1"))
    later = answer(patient="p1")
    found = confirmations.performance()
    assert (found.answers, found.labelled, found.unlabelled) == (2, 1, 1)
    assert confirmations.case_of(later.id) is None


def test_the_challenger_is_held_against_the_same_diagnoses(
    confirmations: Confirmations, answer: Answer
) -> None:
    shown = answer(("none", 0.9), ("grade_1", 0.1))
    answer(("none", 0.2), ("grade_1", 0.8), mode="shadow", beside=shown.id, model="new")
    confirmations.confirm(said("grade_1", prediction=shown.id))
    assert confirmations.performance().accuracy.value == 0
    assert confirmations.performance(mode="shadow").accuracy.value == 1
    assert confirmations.performance(mode="shadow", model="old").answers == 0


def test_answers_of_another_time_model_or_contract(
    confirmations: Confirmations, answer: Answer
) -> None:
    old = answer(("none", 1.0), time="2021-01-10T12:00:00.000000+00:00", model="old")
    foreign = answer(("influenza", 1.0), model="new")
    for each in (old, foreign):
        confirmations.confirm(said("none", prediction=each.id))
    assert confirmations.performance(until="2021-02-01").labelled == 1
    found = confirmations.performance(model="new")
    assert (found.labelled, found.not_comparable, found.accuracy.rows) == (1, 1, 0)


def test_what_an_answer_does_not_list_shares_what_is_left(contract: Contract) -> None:
    ranked = [{"code": "none", "probability": 0.6}, {"code": "grade_4", "probability": 0.1}]
    assert probabilities_of(contract, ranked) == pytest.approx([0.6, 0.1, 0.1, 0.1, 0.1])


def test_delays_are_quantiles_of_days() -> None:
    found = delays_of([float(day) for day in range(11)])
    assert (found.median, found.quarter, found.nine_tenths, found.longest) == (5, 2.5, 9, 10)
    assert delays_of([]).median is None


def test_no_answer_is_said(confirmations: Confirmations, store: AuditStore) -> None:
    assert confirmations.performance().note == "There is no answer of this time."
    assert store.verify().entries == 0
