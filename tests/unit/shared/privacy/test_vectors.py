"""Summaries and evaluations as vectors: how far one patient moves them, and what comes back."""

import numpy as np
import numpy.typing as npt
import pytest

from shared.contract import Contract, load_contract
from shared.metrics import evaluate
from shared.ontology import HumanPhenotypeOntology
from shared.privacy.evaluation_vector import evaluation_counts, read_evaluations, size_of
from shared.privacy.noised_summary import noised_summary
from shared.privacy.settings import PrivacySettings
from shared.privacy.summary_vector import count_summary, vector_of
from shared.records import Records, concatenate
from shared.statistics import summarise
from simulations.knowledge import sampled_records

Floats = npt.NDArray[np.float64]

PRIVACY = PrivacySettings(guarantee="differential", largest_set=20)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract("rare_disease")


@pytest.fixture(scope="module")
def records(contract: Contract) -> Records:
    return sampled_records(contract, HumanPhenotypeOntology(), 6, 0)


def test_one_patient_moves_a_summary_by_the_sensitivity_at_most(
    contract: Contract, records: Records
) -> None:
    whole = count_summary(contract, records, PRIVACY)
    for left_out in range(0, len(records), 7):
        others = records.take(np.delete(np.arange(len(records)), left_out))
        moved = whole.values - count_summary(contract, others, PRIVACY).values
        assert np.linalg.norm(moved) <= whole.sensitivity + 1e-9
        assert np.linalg.norm(moved) > 0


def test_summaries_of_two_hospitals_add_up(contract: Contract, records: Records) -> None:
    halves = np.array_split(np.arange(len(records)), 2)
    first, second = (records.take(half) for half in halves)
    together = count_summary(contract, concatenate([first, second]), PRIVACY).values
    apart = [count_summary(contract, each, PRIVACY).values for each in (first, second)]
    assert np.array_equal(together, apart[0] + apart[1])


def test_without_noise_a_summary_says_what_a_plain_one_says(
    contract: Contract, records: Records
) -> None:
    privacy = PRIVACY.model_copy(update={"largest_set": 500})
    found = noised_summary(contract, privacy, count_summary(contract, records, privacy).values, 0)
    plain = summarise(contract, records)
    assert {code: rows for code, rows in found.classes.items() if rows} == plain.classes
    found.check(contract)
    for name, feature in contract.features.items():
        assert found.features[name].missing == plain.features[name].missing, name
        if feature.kind == "numeric":
            width = (feature.maximum - feature.minimum) / 16
            means = [each.features[name].total / plain.rows for each in (found, plain)]
            assert abs(means[0] - means[1]) < width / 2
        elif feature.kind == "terms":
            assert found.features[name].counts == plain.features[name].counts


def test_noise_alone_shows_no_term_and_nothing_missing(contract: Contract) -> None:
    vector = vector_of(contract, PRIVACY)
    noise = np.random.default_rng(0).normal(0, 50.0, vector.size)
    found = noised_summary(contract, PRIVACY, noise, 50.0)
    found.check(contract)
    shown = sum(len(each.counts) for each in found.features.values() if each.kind == "terms")
    assert shown < 0.001 * vector.size


def predictions(contract: Contract, records: Records, seed: int = 1) -> Floats:
    drawn = np.random.default_rng(seed).random((len(records), len(contract.leaves)))
    return drawn / drawn.sum(axis=1, keepdims=True)


def test_one_patient_moves_an_evaluation_by_the_sensitivity_at_most(
    contract: Contract, records: Records
) -> None:
    answers = predictions(contract, records)
    whole = evaluation_counts(contract, [evaluate(contract, records, answers)] * 2, PRIVACY)
    for left_out in range(0, len(records), 11):
        kept = np.delete(np.arange(len(records)), left_out)
        less = evaluate(contract, records.take(kept), answers[kept])
        moved = whole.values - evaluation_counts(contract, [less] * 2, PRIVACY).values
        assert 0 < np.linalg.norm(moved) <= whole.sensitivity + 1e-9


def test_without_noise_an_evaluation_comes_back(contract: Contract, records: Records) -> None:
    plain = evaluate(contract, records, predictions(contract, records))
    values = evaluation_counts(contract, [plain], PRIVACY).values
    assert len(values) == size_of(contract, 1, PRIVACY)
    found = read_evaluations(contract, values.astype(float), 1, PRIVACY)[0]
    assert found.finest.confusion == plain.finest.confusion
    assert found.finest.top_hits == plain.finest.top_hits
    assert found.group.reliability_rows == plain.group.reliability_rows
    mine, theirs = found.scores()["finest"], plain.scores()["finest"]
    assert mine.accuracy == theirs.accuracy
    assert mine.macro_f1 == theirs.macro_f1
    assert mine.auc == pytest.approx(theirs.auc, abs=0.05)
    assert found.finest.log_loss == pytest.approx(plain.finest.log_loss, rel=0.15)


def test_a_noised_evaluation_is_one_that_patients_could_have(contract: Contract) -> None:
    noise = np.random.default_rng(2).normal(0, 30.0, size_of(contract, 1, PRIVACY))
    found = read_evaluations(contract, noise, 1, PRIVACY)[0]
    assert sum(found.finest.reliability_rows) == np.sum(found.finest.confusion)
    for own, others in zip(found.finest.score_of_class, found.finest.score_of_others, strict=True):
        assert sum(own) + sum(others) == found.finest.rows
