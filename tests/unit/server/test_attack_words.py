"""What attacks found: on the model card, in words, and as a finding of the review."""

from __future__ import annotations

import numpy as np
import pytest

from server.attack_words import epsilon_words, membership_meaning
from server.card import model_card
from server.federation_result import FederationResult
from server.review.findings import findings
from server.review.review import KindReview
from shared.attacks import MembershipCounts, MembershipRisk, count_membership, membership_risk
from shared.contract import Contract
from shared.preparation import prepare
from shared.privacy.guarantee import Guarantee
from shared.review_settings import ReviewSettings
from shared.run_settings import RunSettings
from shared.statistics import summarise
from tests.conftest import random_records


def counts_of(shift: float, rows: int = 400) -> MembershipCounts:
    generator = np.random.default_rng(0)
    return count_membership(generator.normal(shift, 1, rows), generator.normal(0, 1, rows))


def risk_of_shift(shift: float, rows: int = 400) -> MembershipRisk:
    found = membership_risk(counts_of(shift, rows))
    assert found is not None
    return found


def kind_with(risk: MembershipRisk | None) -> KindReview:
    return KindReview(figures={}, reliability=[], hospitals={}, classes={}, membership=risk)


@pytest.fixture
def result(contract: Contract) -> FederationResult:
    summary = summarise(contract, random_records(contract, 40, 0))
    preparation = prepare(contract, summary, RunSettings())
    return FederationResult(contract, {}, summary, preparation, models={"random_forest": {}})


def test_a_leak_beyond_chance_blocks_and_says_what_to_change() -> None:
    leak = findings(kind_with(risk_of_shift(1.0)), ReviewSettings())
    assert [each.blocks for each in leak] == [True]
    assert leak[0].step == "model"
    assert "0.6 is allowed" in leak[0].what
    assert "differential privacy" in leak[0].change


def test_an_area_above_the_limit_within_chance_does_not_block() -> None:
    few = risk_of_shift(0.5, 60)
    assert few.auc > 0.6
    assert findings(kind_with(few), ReviewSettings()) == []
    assert findings(kind_with(risk_of_shift(1.0)), ReviewSettings(largest_membership_auc=0.9)) == []
    assert findings(kind_with(None), ReviewSettings()) == []


def test_the_card_shows_the_attack_beside_epsilon(result: FederationResult) -> None:
    halves = [counts_of(1.0, 200), counts_of(1.0, 200)]
    result.attacks.membership = {
        name: {"random_forest": each} for name, each in zip(["a", "b"], halves, strict=True)
    }
    risk = membership_risk(counts_of(1.0, 200))
    assert risk is not None
    card = model_card("run-0001", "random_forest", result)
    assert "| Epsilon | none: trained without formal privacy |" in card
    # Twice the same rows: the same area, a narrower interval.
    assert f"| Membership inference, AUC | {risk.auc:.3f} (95% interval " in card
    assert f"{100 * risk.auc:.0f} times of 100" in card
    assert "| True-positive rate at 1% false positives | " in card
    assert "- Trained without formal differential privacy." in card


def test_the_card_of_a_private_model_states_its_epsilon(result: FederationResult) -> None:
    result.guarantees = {"random_forest": Guarantee(epsilon=1.5, delta=1e-6)}
    card = model_card("run-0001", "random_forest", result)
    assert "| Epsilon | 1.5 at delta 1e-06, for each patient |" in card
    assert "without formal" not in card
    assert "| Membership inference, AUC | not attacked |" in card
    shared = Guarantee(epsilon=1.5, delta=1e-6, assumed_honest=3)
    assert epsilon_words(shared).endswith("if 3 hospitals add their noise as agreed")


def test_words_follow_the_interval() -> None:
    assert "beyond chance" in membership_meaning(risk_of_shift(0.0))
    assert "of 100 instead of 50" in membership_meaning(risk_of_shift(1.0))
    assert "not known" in membership_meaning(None)
