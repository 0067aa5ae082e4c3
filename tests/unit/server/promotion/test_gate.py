"""What the gate decides, and that it never passes in silence what it does not know."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from server.promotion.checks.gain import level_of
from server.promotion.decision import Decision
from server.promotion.evidence import (
    AttackEvidence,
    ClassEvidence,
    Evidence,
    HospitalEvidence,
    ReviewEvidence,
    SignatureEvidence,
)
from server.promotion.gate import judge
from server.promotion.policy import ClassPolicy, GainPolicy, HarmPolicy, PromotionPolicy
from server.promotion.sign_off import StandingSignOff
from server.review.approval import Approval
from tests.unit.server.promotion.evidence import TODAY, good_evidence, overall, table

POLICY = PromotionPolicy()


def keys(decision: Decision, speaks: str) -> list[str]:
    return [each.key for each in decision.reasons if each.speaks == speaks]


def rare(rows: int, better: int, worse: int) -> dict[str, ClassEvidence]:
    return {
        "rare": ClassEvidence(name="Rare", frequency="rare", table=table(rows, better, worse)),
        "common": ClassEvidence(name="Common", frequency="common", table=table(1500, 150, 50)),
    }


def test_better_and_worse_for_none_is_promoted() -> None:
    decision = judge(good_evidence(), POLICY)
    assert decision.outcome == "promote"
    assert decision.low is not None
    assert decision.low > 0
    assert decision.gain == pytest.approx(0.04)
    assert "right more often by +4.0 points" in decision.sentence.en
    assert "acierta más, +4,0 puntos" in decision.sentence.es


@pytest.mark.parametrize(
    ("changes", "outcome", "key"),
    [
        ({"overall": overall(table(2000, 80, 160))}, "reject", "gain.worse"),
        ({"overall": overall(table(20_000, 80, 80))}, "reject", "gain.not_better"),
        ({"overall": overall(table(800, 42, 40))}, "shadow", "gain.perhaps"),
        ({"overall": None}, "insufficient", "gain.not_compared"),
        ({"classes": rare(200, 2, 30)}, "reject", "class.worse"),
        ({"classes": rare(60, 3, 7)}, "insufficient", "class.unsure"),
        ({"classes": rare(30, 2, 1)}, "insufficient", "class.few"),
        ({"classes": rare(20, 0, 12)}, "reject", "class.worse"),
        ({"calibration": 0.08}, "reject", "calibration.worse"),
        ({"champion_calibration": None}, "insufficient", "calibration.unknown"),
        ({"attack": AttackEvidence(low=0.7, limit=0.6)}, "reject", "attack.succeeds"),
        ({"attack": None}, "insufficient", "attack.none"),
        ({"review": None}, "insufficient", "review.none"),
        ({"review": ReviewEvidence(verdict="iterate")}, "reject", "review.iterate"),
        (
            {"review": ReviewEvidence(verdict="iterate", blocking=["never found"])},
            "reject",
            "review.blocks",
        ),
        (
            {"review": ReviewEvidence(verdict="ready", accuracy_deviation=0.2)},
            "reject",
            "stability.unstable",
        ),
        ({"harmed": 1}, "reject", "hospital.own_better"),
    ],
)
def test_one_thing_is_enough(changes: dict[str, Any], outcome: str, key: str) -> None:
    decision = judge(good_evidence(**changes), POLICY)
    assert decision.outcome == outcome
    assert key in [each.key for each in decision.reasons]
    for reason in decision.reasons:
        assert "{" not in reason.words.en + reason.words.es


def hospitals(**tables: tuple[int, int, int]) -> dict[str, HospitalEvidence]:
    return {name: HospitalEvidence(table=table(*each)) for name, each in tables.items()}


def test_worse_at_one_hospital_is_rejected_by_name() -> None:
    found = hospitals(north=(1200, 140, 20), south=(600, 5, 40), east=(100, 4, 5))
    decision = judge(good_evidence(hospitals=found), POLICY)
    assert decision.outcome == "reject"
    (reason,) = [each for each in decision.reasons if each.key == "hospital.worse"]
    assert reason.about == "south"
    assert "hospital.small" in keys(decision, "note")


def test_a_hospital_that_was_not_compared_is_no_silent_pass() -> None:
    found = good_evidence().hospitals | {"east": HospitalEvidence(left_out="cannot be reached")}
    decision = judge(good_evidence(hospitals=found), POLICY)
    assert decision.outcome == "insufficient"
    assert "east was not compared" in decision.sentence.en
    noted = PromotionPolicy(harm=HarmPolicy(missing="note"))
    assert judge(good_evidence(hospitals=found), noted).outcome == "promote"


def test_a_hospital_that_harms_the_others_is_named() -> None:
    poisoner = HospitalEvidence(table=table(800, 60, 30), influence=0.12)
    decision = judge(
        good_evidence(hospitals=good_evidence().hospitals | {"west": poisoner}), POLICY
    )
    assert decision.outcome == "reject"
    assert "Without the rows of west" in decision.reasons[0].words.en


def few(*cases: int) -> dict[str, ClassEvidence]:
    return {
        f"rare_{number}": ClassEvidence(
            name=f"Rare {number}", frequency="rare", table=table(rows, rows // 10, 0)
        )
        for number, rows in enumerate(cases)
    }


def test_classes_with_few_cases_are_judged_together_and_named() -> None:
    decision = judge(good_evidence(classes=few(30, 25, 20)), POLICY)
    assert decision.outcome == "promote"
    (group,) = [each for each in decision.reasons if each.key == "group.kept"]
    assert "Rare 0 (rare_0), Rare 1 (rare_1), Rare 2 (rare_2)" in group.words.en
    assert group.values["cases"] == 75
    person = PromotionPolicy(classes=ClassPolicy(few_cases="person"))
    assert judge(good_evidence(classes=few(30, 25, 20)), person).outcome == "insufficient"


def test_a_class_without_a_case_is_named() -> None:
    decision = judge(good_evidence(classes=few(60, 0, 55)), POLICY)
    # Together the classes with few cases have too few of them as well.
    assert decision.outcome == "insufficient"
    decision = judge(good_evidence(classes=few(60, 0, 45, 40)), POLICY)
    assert decision.outcome == "promote"
    assert "class.no_case" in keys(decision, "note")


def test_the_first_model_is_compared_with_none() -> None:
    first = good_evidence(
        champion="",
        overall=None,
        champion_calibration=None,
        hospitals={"north": HospitalEvidence()},
    )
    assert judge(first, POLICY).outcome == "promote"
    harmed = first.model_copy(update={"harmed": 2})
    assert judge(harmed, POLICY).outcome == "reject"


def test_levels_of_endless_tries_sum_to_the_policys() -> None:
    policy = GainPolicy(level=0.05)
    total = sum(level_of(policy, tries) for tries in range(1, 20_000))
    assert total == pytest.approx(0.05, rel=1e-3)
    assert level_of(GainPolicy(level=0.05, spend=False), 9) == 0.05
    again = judge(good_evidence(tries=4), POLICY)
    assert again.level < judge(good_evidence(), POLICY).level
    assert "rows.tried" in keys(again, "note")


def test_rows_without_dates_are_told() -> None:
    undated = {"north": HospitalEvidence(table=table(2000, 160, 80), held_out="share")}
    decision = judge(good_evidence(hospitals=undated), POLICY)
    (note,) = [each for each in decision.reasons if each.key == "rows.undated"]
    assert "Rows without dates: a random holdout at north" in note.words.en


def equal_model(generator: np.random.Generator, tries: int = 1) -> Evidence:
    cells = generator.multinomial(900, [0.65, 0.05, 0.05, 0.25])
    found = table(900, int(cells[2]), int(cells[1]))
    seed = int(generator.integers(2**31))
    return good_evidence(
        overall=overall(found, seed, 300),
        hospitals={"north": HospitalEvidence(table=found)},
        tries=tries,
    )


def test_an_equal_model_is_promoted_no_more_often_than_the_level() -> None:
    generator = np.random.default_rng(11)
    policy = PromotionPolicy(gain=GainPolicy(level=0.05, spend=False))
    outcomes = [judge(equal_model(generator), policy).outcome for _ in range(600)]
    # Three standard errors above one in twenty.
    assert outcomes.count("promote") / 600 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
    assert outcomes.count("promote") > 0


def test_tries_on_the_same_rows_together_keep_to_the_level() -> None:
    """Of ten challengers that are no better, any is promoted no more often than the level."""
    generator = np.random.default_rng(12)
    passed = 0
    for _ in range(100):
        decisions = (judge(equal_model(generator, tries), POLICY) for tries in range(1, 11))
        passed += any(each.outcome == "promote" for each in decisions)
    assert passed / 100 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def signing(**standing: Any) -> Evidence:  # noqa: ANN401 - fields of StandingSignOff
    content = {
        "id": 1,
        "name": "Dr. Ruiz",
        "given_at": "2026-01-01T00:00:00+00:00",
        "ends_on": TODAY,
        "largest_class_drop": 0.1,
        "least_gain": 0.0,
    }
    sign_off = StandingSignOff(**{**content, **standing})
    return good_evidence(
        signatures=SignatureEvidence(asked=["Dr. Ruiz"], standing=[sign_off] if standing else [])
    )


@pytest.mark.parametrize(
    ("standing", "covered"),
    [
        ({"largest_class_drop": 0.1}, True),
        ({"least_gain": 0.1}, False),
        ({"ends_on": TODAY - datetime.timedelta(days=1)}, False),
        ({"withdrawn_at": "2026-11-01T00:00:00+00:00"}, False),
        ({"name": "Dr. Vega"}, False),
        ({}, False),
    ],
)
def test_a_standing_sign_off_holds_within_its_limits(
    standing: dict[str, Any], *, covered: bool
) -> None:
    decision = judge(signing(**standing), POLICY)
    assert decision.outcome == "promote"
    assert decision.waits_for == ([] if covered else ["Dr. Ruiz"])
    assert decision.signed_by == (["Dr. Ruiz"] if covered else [])


def test_a_standing_sign_off_does_not_cover_a_class_that_loses() -> None:
    evidence = signing(largest_class_drop=0.01).model_copy(update={"classes": rare(400, 2, 10)})
    assert judge(evidence, POLICY).waits_for == ["Dr. Ruiz"]


def test_who_signed_for_the_run_is_not_asked_again() -> None:
    signatures = SignatureEvidence(
        asked=["Dr. Ruiz", "Dr. Vega"], given=[Approval(name="Dr. Ruiz", date=TODAY)]
    )
    decision = judge(good_evidence(signatures=signatures), POLICY)
    assert decision.waits_for == ["Dr. Vega"]
    assert decision.signed_by == ["Dr. Ruiz"]
