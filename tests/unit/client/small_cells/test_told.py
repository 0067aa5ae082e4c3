"""Each kind of answer without small cells: it keeps its form, and holds multiples alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from client.small_cells.calibration import told_calibration, told_membership
from client.small_cells.evaluation import told_evaluation
from client.small_cells.pairs import told_pairs
from client.small_cells.summary import told_summary
from shared.attacks import count_membership
from shared.calibration import count as count_calibration
from shared.contract import Contract
from shared.errors import PrivacyRefusedError
from shared.metrics import evaluate
from shared.metrics.paired_counts import check_pairs, count_pairs, difference
from shared.metrics.scores import histogram_auc
from shared.questions import SummaryAnswer
from shared.records import Records
from shared.statistics import summarise
from tests.conftest import learnable_records
from tests.unit.client.small_hospital import CONTRACT as SMALL

SMALLEST = 5


def numbers(value: object) -> Iterator[int]:
    """Every whole number of an answer, however deep."""
    if isinstance(value, dict):
        for each in value.values():
            yield from numbers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, int):
        yield value


def answer_about(contract: Contract, records: Records) -> SummaryAnswer:
    return SummaryAnswer(
        data_version="",
        training_rows=len(records),
        held_out_rows=7,
        rows_set_aside=1,
        summary=summarise(contract, records),
    )


def probabilities(rows: int, classes: int, seed: int = 1) -> npt.NDArray[np.float64]:
    drawn = np.random.default_rng(seed).gamma(0.4, size=(rows, classes))
    found: npt.NDArray[np.float64] = drawn / drawn.sum(axis=1, keepdims=True)
    return found


@pytest.mark.parametrize("rows", [5, 9, 61, 400])
def test_every_count_of_a_summary_is_a_multiple_and_fits_the_contract(
    contract: Contract, rows: int
) -> None:
    told = told_summary(
        contract, answer_about(contract, learnable_records(contract, rows, 3)), SMALLEST
    )
    told.summary.check(contract)
    assert {each % SMALLEST for each in numbers(told.model_dump())} == {0}
    assert told.training_rows == told.summary.rows == rows // SMALLEST * SMALLEST
    assert (told.held_out_rows, told.rows_set_aside) == (5, 0)


def test_of_one_patient_a_summary_says_what_it_says_of_none(contract: Contract) -> None:
    """A code, a class and a missing value of one patient leave no trace, nor do totals."""
    records = learnable_records(contract, 200, 3)
    records.labels[:] = np.where(records.labels == "grade_4", "none", records.labels)
    table = records.table.assign(sex="male", chest_pain="asymptomatic", age=50.0)
    without = Records(table, records.labels)
    one = table.copy()
    one.loc[17, "sex"], one.loc[17, "chest_pain"] = "female", None
    one.loc[17, "age"] = np.nan
    labels = records.labels.copy()
    labels[17] = "grade_4"
    told = [
        told_summary(contract, answer_about(contract, each), SMALLEST).summary
        for each in (without, Records(one, labels))
    ]
    assert "grade_4" not in told[1].classes
    assert sum(told[1].classes.values()) <= told[1].rows
    # Of 199 and of 200 others as many are told as are multiples; nobody is told as female.
    assert told[1].features["sex"].model_dump()["counts"] == {"male": 195}
    for name in ("age", "chest_pain"):
        missing = [each.features[name].missing for each in told]
        assert missing == [0, 5]


def test_few_missing_values_are_told_as_the_smallest_cell_whatever_their_number(
    contract: Contract,
) -> None:
    """Between 1 and 5 missing, nothing tells how many; sums follow from what is told."""
    told = []
    for missing in range(1, SMALLEST + 1):
        records = learnable_records(contract, 200, 3)
        table = records.table.assign(age=50.0)
        table.loc[range(missing), "age"] = np.nan
        answer = answer_about(contract, Records(table, records.labels))
        told.append(told_summary(contract, answer, SMALLEST).summary.features["age"])
    assert all(each == told[0] for each in told)
    assert told[0].missing == SMALLEST


def test_means_and_deviations_of_many_patients_stay_what_they_are(contract: Contract) -> None:
    records = learnable_records(contract, 1000, 3)
    answer = answer_about(contract, records)
    told = told_summary(contract, answer, SMALLEST).summary.features["age"].model_dump()
    age = contract.features["age"].model_dump()
    width = (age["maximum"] - age["minimum"]) / age["bins"]
    mean = told["total"] / told["present"]
    middle = (age["maximum"] + age["minimum"]) / 2
    assert mean + middle == pytest.approx(records.table["age"].mean(), abs=width / 10)
    deviation = np.sqrt(told["total_of_squares"] / told["present"] - mean**2)
    assert deviation == pytest.approx(records.table["age"].std(), rel=0.03)


def test_terms_and_notes_are_rounded_too() -> None:
    from shared.records import records_from_columns

    columns: dict[str, list[object]] = {
        "phenotypes": [("HP:0001250",)] * 7 + [("HP:0000007",)] * 2 + [None] * 11,
        "note": ["text"] * 3 + [None] * 17,
    }
    records = records_from_columns(SMALL, columns, ["none"] * 20)
    told = told_summary(SMALL, answer_about(SMALL, records), SMALLEST).summary
    told.check(SMALL)
    terms = told.features["phenotypes"].model_dump()
    assert "HP:0000007" not in terms["counts"]
    assert terms["counts"]["HP:0001250"] == 5
    assert terms["missing"] == 15
    assert told.features["note"].present == 0


def test_a_hospital_with_fewer_patients_tells_nothing(contract: Contract) -> None:
    answer = answer_about(contract, learnable_records(contract, 4, 3))
    with pytest.raises(PrivacyRefusedError, match="smallest_cell"):
        told_summary(contract, answer, SMALLEST)


@pytest.mark.parametrize("rows", [0, 3, 20, 61, 500])
def test_every_count_of_an_evaluation_is_a_multiple_and_hangs_together(
    contract: Contract, rows: int
) -> None:
    records = learnable_records(contract, rows, 3)
    exact = evaluate(contract, records, probabilities(rows, len(contract.leaves)))
    told = told_evaluation(exact, SMALLEST)
    for level, before in ((told.finest, exact.finest), (told.group, exact.group)):
        assert {each % SMALLEST for each in numbers(level.model_dump())} <= {0}
        confusion = np.array(level.confusion)
        assert confusion.sum() == level.rows
        assert (confusion.sum(axis=1) <= np.array(before.confusion).sum(axis=1)).all()
        own = np.array(level.score_of_class).sum(axis=1)
        assert own.tolist() == confusion.sum(axis=1).tolist()
        others = np.array(level.score_of_others).sum(axis=1)
        assert (own + others == level.rows).all()
        hits = [level.top_hits[rank] for rank in sorted(level.top_hits)]
        assert hits == sorted(hits)
        assert hits[-1] <= level.rows
        assert (np.array(level.reliability_hits) <= np.array(level.reliability_rows)).all()
    assert told.scores()["finest"].rows == told.finest.rows


def test_a_class_of_few_patients_is_not_there(contract: Contract) -> None:
    records = learnable_records(contract, 100, 3)
    labels = np.where(records.labels == "disease", "none", records.labels)
    labels[np.flatnonzero(labels == "grade_4")[1:]] = "none"
    assert (labels == "grade_4").sum() == 1
    found = evaluate(
        contract, Records(records.table, labels), probabilities(100, len(contract.leaves))
    )
    told, place = told_evaluation(found, SMALLEST).finest, contract.leaves.index("grade_4")
    assert sum(told.confusion[place]) == 0
    assert sum(told.score_of_class[place]) == 0
    assert told_evaluation(found, SMALLEST).scores()["finest"].by_class["grade_4"].recall is None


def test_figures_of_many_patients_stay_what_they_are(contract: Contract) -> None:
    records = learnable_records(contract, 4000, 3)
    leaves = contract.leaves
    truth = np.array([leaves.index(each) if each in leaves else 0 for each in records.labels])
    found = 0.5 * probabilities(4000, len(leaves)) + 0.5 * np.eye(len(leaves))[truth] * (
        np.random.default_rng(2).random((4000, 1))
    )
    found /= found.sum(axis=1, keepdims=True)
    exact = evaluate(contract, records, found)
    told = told_evaluation(exact, SMALLEST).scores()["finest"].model_dump()
    before = exact.scores()["finest"].model_dump()
    for name in ("accuracy", "auc", "top_3", "brier", "expected_calibration_error", "macro_f1"):
        assert told[name] == pytest.approx(before[name], abs=0.01), name
    assert told["log_loss"] == pytest.approx(before["log_loss"], rel=0.05)


def test_mistakes_do_not_vanish_where_each_kind_of_them_is_rare() -> None:
    from client.small_cells.evaluation import told_confusion

    row = np.array([40, 2, 2, 2])
    confusion = np.stack([row, [0, 30, 0, 0], [0, 0, 20, 0], [0, 0, 0, 10]])
    of_class = confusion.sum(axis=1) // 5 * 5
    told = told_confusion(confusion, of_class, 5)
    # Six mistakes are told as five, under the most frequent other class.
    assert told[0].tolist() == [40, 5, 0, 0]


@pytest.mark.parametrize(("classes", "rows"), [(2, 43), (5, 300), (130, 300), (3, 2)])
def test_calibration_counts_pass_the_coordinators_check(classes: int, rows: int) -> None:
    generator = np.random.default_rng(1)
    candidates = np.eye(classes, dtype=bool)[generator.integers(0, min(classes, 4), rows)]
    candidates[: rows // 5, :3] = True
    told = told_calibration(count_calibration(probabilities(rows, classes), candidates), SMALLEST)
    told.check(classes)
    histograms = told.model_dump(exclude={"classes", "losses"})
    assert {each % SMALLEST for each in numbers(histograms)} == {0}


def test_membership_counts_are_told_in_groups() -> None:
    generator = np.random.default_rng(1)
    exact = count_membership(generator.normal(2, 2, 203), generator.normal(1, 2, 51))
    told = told_membership(exact, SMALLEST)
    told.check(203, 51)
    assert (sum(told.members), sum(told.others)) == (200, 50)
    area = histogram_auc(np.array(exact.members), np.array(exact.others))
    assert histogram_auc(np.array(told.members), np.array(told.others)) == pytest.approx(
        area, abs=0.02
    )


def test_pairs_follow_from_told_counts_alone() -> None:
    """One patient more in a cell, with the same multiples: the same answer, draws and all."""
    generator = np.random.default_rng(1)
    first, second = generator.random((2, 322)) < 0.7
    members = generator.integers(0, 3, 322)[:, None] == np.arange(3)
    members[:3] = [[False, False, True]] * 3
    told = told_pairs(first, second, members, 50, 9, SMALLEST)
    check_pairs(told, 50, 3)
    assert not (told[0] % SMALLEST).any()
    both = first & second
    slack = both.sum() % SMALLEST < SMALLEST - 1
    assert slack
    more = [np.append(each, True) for each in (first, second)]
    with_one = np.vstack([members, [[False, False, False]]])
    again = told_pairs(more[0], more[1], with_one, 50, 9, SMALLEST)
    assert np.array_equal(told, again)


def test_pairs_of_a_class_with_one_patient_say_nothing() -> None:
    first = np.ones(40, dtype=bool)
    members = np.zeros((40, 1), dtype=bool)
    members[3] = True
    told = told_pairs(first, first, members, 20, 1, SMALLEST)
    assert not told[:, 1].any()


def test_intervals_of_pairs_are_those_of_the_rows() -> None:
    generator = np.random.default_rng(5)
    first, second = generator.random(3000) < 0.7, generator.random(3000) < 0.74
    none = np.zeros((3000, 0), dtype=bool)
    exact = difference(count_pairs(first, second, none, 600, 1), 0)
    told = difference(told_pairs(first, second, none, 600, 2, SMALLEST), 0)
    assert exact is not None
    assert told is not None
    assert told.value == pytest.approx(exact.value, abs=0.003)
    assert told.high - told.low == pytest.approx(exact.high - exact.low, rel=0.15)
