"""A question that is asked again: the same answer, a fresh mask, or a refusal."""

from __future__ import annotations

import numpy as np
import pytest

from client.secret_sum import HospitalSums
from shared.errors import JuntosError
from shared.secret_sum import SecretQuestion, Vector
from tests.unit.client.secret_sum.draws import Draws, refusal
from tests.unit.shared.secret_sum.hospitals import cohort, question


def unmasked(
    hospitals: dict[str, HospitalSums], asked: SecretQuestion, answer: Vector, own: str
) -> Vector:
    """Take the masks off an answer by letting all others answer nothing."""
    others = [
        hospitals[name].answer(asked, lambda: np.zeros_like(answer), noise_is_whole=True)
        for name in asked.members
        if name != own
    ]
    return sum((each.view(np.uint64) for each in others), answer.view(np.uint64)).view(np.int64)


def test_the_same_attempt_gets_the_same_answer_and_is_drawn_once() -> None:
    for noise_is_whole in (True, False):
        hospital, draws = cohort("abc")["a"], Draws()
        asked = question("q", "abc")
        answers = [hospital.answer(asked, draws, noise_is_whole=noise_is_whole) for _ in range(3)]
        assert draws.count == 1
        assert all((each == answers[0]).all() for each in answers)


def test_the_same_attempt_with_other_members_is_refused() -> None:
    hospital = cohort("abcd")["a"]
    hospital.answer(question("q", "abcd"), Draws(), noise_is_whole=True)
    assert "other members" in refusal(hospital, question("q", "abc"))


def test_an_earlier_attempt_is_refused() -> None:
    hospital = cohort("abcd")["a"]
    hospital.answer(question("q", "abc", 1), Draws(), noise_is_whole=True)
    assert "other members" in refusal(hospital, question("q", "abcd", 0))
    assert "other members" in refusal(hospital, question("q", "ab", 0))


def test_a_question_is_not_answered_again_after_another_one() -> None:
    hospital = cohort("abc")["a"]
    for name in ("q", "p"):
        hospital.answer(question(name, "abc"), Draws(), noise_is_whole=True)
    assert "others after it" in refusal(hospital, question("q", "abc"))
    assert "others after it" in refusal(hospital, question("q", "ab", 1))


@pytest.mark.parametrize("members", ["abc", "abd", "abcd"])
def test_asking_again_may_only_take_hospitals_out(members: str) -> None:
    hospital = cohort("abcd")["a"]
    hospital.answer(question("q", "abc"), Draws(), noise_is_whole=True)
    assert "bring none in" in refusal(hospital, question("q", members, 1))


@pytest.mark.parametrize("noise_is_whole", [True, False])
def test_whole_noise_is_kept_and_shared_noise_drawn_anew(noise_is_whole: bool) -> None:
    hospitals, draws = cohort("abcd"), Draws()
    for attempt, members in enumerate(["abcd", "abc", "ab"]):
        asked = question("q", members, attempt)
        answer = hospitals["a"].answer(asked, draws, noise_is_whole=noise_is_whole)
        assert draws.count == (1 if noise_is_whole else attempt + 1)
        found = unmasked(hospitals, asked, answer, "a")
        assert (found == draws.count).all()


def test_noise_that_was_shared_once_is_never_kept() -> None:
    hospital, draws = cohort("abc")["a"], Draws()
    hospital.answer(question("q", "abc"), draws, noise_is_whole=False)
    hospital.answer(question("q", "ab", 1), draws, noise_is_whole=True)
    assert draws.count == 2


def test_each_attempt_is_under_fresh_masks() -> None:
    hospital = cohort("abc")["a"]
    first = hospital.answer(question("q", "abc"), Draws(), noise_is_whole=True)
    second = hospital.answer(question("q", "ab", 1), Draws(), noise_is_whole=True)
    assert not (first == second).any()


def test_a_question_whose_budget_is_refused_counts_as_not_answered() -> None:
    hospital = cohort("abc")["a"]

    def overspent() -> Vector:
        raise JuntosError("the budget is spent")

    with pytest.raises(JuntosError, match="budget is spent"):
        hospital.answer(question("q", "abc"), overspent, noise_is_whole=True)
    draws = Draws()
    hospital.answer(question("q", "ab"), draws, noise_is_whole=True)
    assert draws.count == 1


def test_changing_the_vector_afterwards_changes_no_answer() -> None:
    hospital, vector, asked = cohort("abc")["a"], np.arange(4), question("q", "abc")
    first = hospital.answer(asked, lambda: vector, noise_is_whole=True)
    first_bytes = first.tobytes()
    vector += 1
    first += 1
    again = hospital.answer(asked, lambda: vector, noise_is_whole=True)
    assert again.tobytes() == first_bytes
