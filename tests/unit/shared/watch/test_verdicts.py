"""What watches of simulated hospitals mean: sick feeds, changed patients, neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from shared.contract import Contract
from shared.metrics.counts import count
from shared.records import concatenate, with_derived
from shared.watch.answer import Answers
from shared.watch.performance_verdicts import (
    area_with_bound,
    calibration_with_bound,
    p_of_fall,
)
from shared.watch.settings import WatchSettings
from shared.watch.verdict import FEDERATION, WatchVerdict
from shared.watch.verdicts import watch_verdicts
from shared.watch.watch import Watch
from simulations.watched_hospitals import (
    HOSPITALS,
    Change,
    Drawn,
    Federation,
    answer_of,
    answers_of,
    draw,
    watched_contract,
)

SETTINGS = WatchSettings(simulated_windows=200)
UNIT = Change(unit={"glucose": 18.0156})
CASE_MIX = Change(severity=1.2)


def watched(
    changes: Mapping[str, Change], rows: int = 400, smallest_cell: int = 5, seed: int = 1
) -> list[WatchVerdict]:
    federation = Federation(rows, seed, smallest_cell, SETTINGS)
    return federation.judged(federation.history([{}, changes]))


def alarms(verdicts: list[WatchVerdict]) -> set[tuple[str, str, str, str]]:
    return {
        (each.kind, each.hospital, each.feature, each.sign) for each in verdicts if each.is_alarm
    }


def test_nothing_is_found_where_nothing_is() -> None:
    found = watched({})
    assert alarms(found) == set()
    contract = watched_contract()
    assert {each.feature for each in found if each.kind == "data" and each.hospital == "A"} == set(
        contract.features
    )


@pytest.mark.parametrize(
    ("change", "feature", "sign"),
    [
        (UNIT, "glucose", "unit"),
        (Change(unit={"cholesterol": 1 / 38.665}), "cholesterol", "unit"),
        (Change(unit={"resting_blood_pressure": 0.133322}), "resting_blood_pressure", "refused"),
        (Change(missing=["cholesterol"]), "cholesterol", "missing"),
        (Change(constant=["exercise_angina"]), "exercise_angina", "constant"),
        (Change(constant=["glucose"]), "glucose", "constant"),
        (Change(recoded={"chest_pain": ("asymptomatic", "non_anginal")}), "chest_pain", "vanished"),
        (Change(unit={"cholesterol": 2.4}), "cholesterol", "scale"),
    ],
)
def test_a_sick_feed_is_called_one_and_nothing_else(
    change: Change, feature: str, sign: str
) -> None:
    found = watched({"B": change})
    assert alarms(found) == {("feed", "B", feature, sign)}


def test_patients_who_change_are_no_sick_feed() -> None:
    found = alarms(watched({"C": CASE_MIX}))
    assert {each[0] for each in found} <= {"data", "label", "score", "performance"}
    assert len([each for each in found if each[0] == "data"]) > 3
    assert ("label", "C", "", "") in found
    assert {each[3] for each in found if each[:2] == ("data", "C")} == {"together"}
    assert {each[1] for each in found} <= {"C", FEDERATION}


def test_both_at_once_are_told_apart_and_the_merge_leaves_the_sick_one_out() -> None:
    found = watched({"B": UNIT, "C": CASE_MIX})
    assert {each for each in alarms(found) if each[0] == "feed"} == {
        ("feed", "B", "glucose", "unit")
    }
    together = next(
        each for each in found if (each.hospital, each.feature) == (FEDERATION, "glucose")
    )
    assert together.evidence["hospitals"] == ["A", "C", "D"]


def test_a_shift_at_one_hospital_is_not_called_one_of_the_federation() -> None:
    found = watched({"C": Change(age=10)}, rows=600)
    assert ("data", "C", "age", "alone") in alarms(found)
    whole = next(each for each in found if (each.hospital, each.feature) == (FEDERATION, "age"))
    assert (whole.state, whole.evidence["driven_by"]) == ("steady", "C")


def test_what_moves_everywhere_is_named_for_the_hospitals_it_moved_at() -> None:
    found = watched(dict.fromkeys(HOSPITALS, Change(age=8)), rows=600)
    told = next(each for each in found if (each.hospital, each.feature) == ("A", "age"))
    assert (told.state, told.sign) == ("alarm", "everywhere")
    assert told.evidence["hospitals"] == list(HOSPITALS)
    assert ("data", FEDERATION, "age", "everywhere") in alarms(found)


def test_opposite_ways_are_not_everywhere() -> None:
    found = watched({"A": Change(age=-9), "C": Change(age=9)}, rows=600)
    signs = {each[1]: each[3] for each in alarms(found) if each[2] == "age"}
    assert signs["A"] == signs["C"] == "alone"


def test_few_rows_get_no_verdict_of_drift() -> None:
    found = watched({"B": UNIT}, rows=100)
    assert not [each for each in found if each.kind == "data" and each.state == "steady"]
    assert alarms(found) == set()
    few = next(each for each in found if each.hospital == "A" and each.feature == "age")
    assert "too few cases" in few.sentence
    assert "demasiado pocos" in few.sentence_es


def test_a_refused_column_is_sick_however_few_cases_come_through() -> None:
    found = watched({"B": Change(unit={"resting_blood_pressure": 0.133322})}, rows=100)
    told = next(each for each in found if each.is_alarm)
    assert (told.kind, told.hospital, told.feature) == ("feed", "B", "resting_blood_pressure")
    assert "kPa" in told.sentence


def test_what_is_computed_from_a_sick_column_is_not_blamed() -> None:
    contract = watched_contract().model_copy_checked(
        derived=[
            {
                "name": "sugar_and_age",
                "kind": "numeric",
                "description": "Glucose times age",
                "expression": "glucose * age",
                "minimum": 0,
                "maximum": 60_000,
            }
        ]
    )
    history = []
    for week, change in enumerate((Change(), UNIT)):
        answers = {}
        for place, name in enumerate("AB"):
            generator = np.random.default_rng([4, place])
            first = derived(contract, draw(watched_contract(), place, 400, generator, Change()))
            chosen = change if name == "B" else Change()
            window = derived(contract, draw(watched_contract(), place, 400, generator, chosen))
            made = f"2026-01-0{week + 1}T00:00:00+00:00"
            answers[name] = answer_of(contract, first, window, datetime_of(made))
        history.append(Watch(run=f"run-{week}", made="", answers=answers))
    found = watch_verdicts(history, contract, SETTINGS)
    assert {each for each in alarms(found) if each[1] == "B"} == {("feed", "B", "glucose", "unit")}
    told = next(each for each in found if (each.hospital, each.feature) == ("B", "sugar_and_age"))
    assert (told.state, "computed" in told.sentence) == ("steady", True)


def datetime_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def derived(contract: Contract, drawn: Drawn) -> Drawn:
    table = with_derived(contract, drawn.records.table)
    return replace(drawn, records=replace(drawn.records, table=table))


def test_another_meaning_of_the_same_findings_shows_in_performance_or_diagnoses() -> None:
    found = alarms(watched({"C": Change(borders=-0.9)}))
    assert {each[0] for each in found} <= {"performance", "label"}
    assert ("performance", "C", "", "accuracy") in found


def test_what_is_asked_of_the_model_is_held_against_the_sure_figures() -> None:
    federation = Federation(400, 1, 5, SETTINGS)
    history = federation.history([{}])
    strict = SETTINGS.model_copy(
        update={"least_recall": 0.95, "least_auc": 0.99, "largest_calibration_error": 0.001}
    )
    reference = watched_contract()
    signs = {
        each.sign
        for each in watch_verdicts(history, reference, strict)
        if each.is_alarm and each.kind == "performance"
    }
    assert {"recall", "auc"} <= signs
    assert not [
        each
        for each in watch_verdicts(history, reference, SETTINGS)
        if each.kind == "performance" and each.is_alarm
    ]


def test_no_watch_means_nothing() -> None:
    assert watch_verdicts([], watched_contract(), SETTINGS) == []
    empty = Watch(run="run-1", made="2026-01-01T00:00:00+00:00")
    found = watch_verdicts([empty], watched_contract(), SETTINGS)
    assert {each.state for each in found} <= {"insufficient"}


def test_merged_answers_are_those_of_the_pooled_patients() -> None:
    contract = watched_contract()
    parts = [
        draw(contract, place, 80, np.random.default_rng(place), Change()) for place in range(3)
    ]
    first, second, third = (answers_of(contract, each) for each in parts)
    pooled = answers_of(contract, pooled_of(parts))
    merged = first.merge(second).merge(third)
    assert merged.scores == pooled.scores
    assert merged == first.merge(second.merge(third)) or same_counts(merged, pooled)
    assert same_counts(merged, pooled)
    told = [answer_of(contract, each, each, datetime_of("2026-01-01")).confirmed for each in parts]
    assert all(each is not None for each in told)
    one, two, three = (each for each in told if each is not None)
    whole = one.merge(two).merge(three)
    exact = answer_of(contract, parts[0], pooled_of(parts), datetime_of("2026-01-01")).confirmed
    assert exact is not None
    assert whole.evaluation.finest.confusion == exact.evaluation.finest.confusion
    assert whole.evaluation.group.score_of_class == exact.evaluation.group.score_of_class
    assert whole.delays == exact.delays
    again = one.merge(two.merge(three))
    assert again.evaluation.finest.confusion == whole.evaluation.finest.confusion


def pooled_of(parts: list[Drawn]) -> Drawn:
    records = concatenate([each.records for each in parts])
    return Drawn(records, np.concatenate([each.probabilities for each in parts]), {})


def same_counts(first: Answers, second: Answers) -> bool:
    one, two = first.summary, second.summary
    return (one.rows, one.classes) == (two.rows, two.classes) and all(
        (
            mine.present,
            mine.missing,
            getattr(mine, "histogram", None),
            getattr(mine, "counts", None),
        )
        == (his.present, his.missing, getattr(his, "histogram", None), getattr(his, "counts", None))
        for mine, his in ((one.features[name], two.features[name]) for name in one.features)
    )


def test_the_area_is_that_of_an_independent_implementation_and_its_bound_holds() -> None:
    generator = np.random.default_rng(0)
    below = 0
    for _ in range(200):
        truth = generator.integers(0, 2, 300)
        probability = 1 / (1 + np.exp(-(2 * truth - 1 + generator.normal(0, 1.5, 300))))
        counts = count(["no", "yes"], truth, np.stack([1 - probability, probability], axis=1))
        area, low = area_with_bound(counts)
        assert area == pytest.approx(roc_auc_score(truth, probability), abs=0.01)
        # Of such scores, the area is 0.827.
        below += low <= 0.827
    assert below >= 190


def test_a_calibrated_model_is_not_surely_off_and_another_is() -> None:
    generator = np.random.default_rng(1)
    probability = generator.uniform(0.05, 0.95, 400)
    right = (generator.random(400) < probability).astype(int)
    wrong = (generator.random(400) < 0.5 + 0.2 * (probability - 0.5)).astype(int)
    pair = np.stack([1 - probability, probability], axis=1)
    _, sure = calibration_with_bound(count(["no", "yes"], right, pair))
    _, off = calibration_with_bound(count(["no", "yes"], wrong, pair))
    assert sure < 0.02
    assert off > 0.1


def test_a_fall_is_as_rare_by_chance_as_it_says() -> None:
    generator = np.random.default_rng(2)
    found = generator.binomial(100, 0.7, (4_000, 2))
    small = sum(p_of_fall(int(now), 100, int(before), 100, 0.0) < 0.01 for now, before in found)
    assert small < 70
    assert p_of_fall(50, 100, 80, 100, 0.0) < 1e-4
    assert p_of_fall(50, 100, 80, 100, 0.25) > 0.1
