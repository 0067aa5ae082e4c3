"""What a hospital answers, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from client.joining import join
from client.secret_sum import HospitalSums, node_run_key
from shared.errors import JuntosError, SettingsError
from shared.secret_sum import SecretQuestion, Vector
from shared.secret_sum.certificates import fingerprint
from shared.secret_sum.key_offer import verified_key
from tests.unit.client.conftest import Coordinator
from tests.unit.shared.secret_sum.hospitals import (
    RUN,
    authority,
    cohort,
    enrolled,
    hospital_sums,
    newly_enrolled,
    question,
    run_key,
    signed_offer,
)


class Draws:
    """Gives another vector each time, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Vector:
        self.count += 1
        return np.full(4, self.count)


def refusal(hospital: HospitalSums, asked: SecretQuestion, *, noise_is_whole: bool = True) -> str:
    """Return why a question is refused; nothing may be drawn for it."""
    draws = Draws()
    with pytest.raises(JuntosError) as caught:
        hospital.answer(asked, draws, noise_is_whole=noise_is_whole)
    assert draws.count == 0
    return caught.value.what


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


def test_fewer_members_than_the_smallest_cohort_are_refused() -> None:
    hospital = cohort("abcd", smallest=3)["a"]
    hospital.answer(question("q", "abc"), Draws(), noise_is_whole=True)
    assert "answers from 3 on" in refusal(hospital, question("p", "ab"))
    assert "answers from 3 on" in refusal(hospital, question("q", "ab", 1))


@pytest.mark.parametrize("smallest", [0, 1])
def test_a_policy_that_would_show_one_hospital_is_refused(smallest: int) -> None:
    with pytest.raises(SettingsError, match="two hospitals"):
        hospital_sums("a", smallest)


def test_who_is_not_a_member_does_not_answer() -> None:
    assert "not among the members" in refusal(cohort("abc")["a"], question("q", "bc"))


def test_a_question_of_another_run_is_refused() -> None:
    asked = question("q", "abc").model_copy(update={"run": "run-2"})
    assert "another run" in refusal(cohort("abc")["a"], asked)


def test_a_member_without_a_key_is_refused() -> None:
    assert "d offered no key" in refusal(cohort("abc")["a"], question("q", "abcd"))


def test_a_member_whose_key_was_refused_is_refused_with_the_reason() -> None:
    hospital = hospital_sums("a")
    forged = run_key("b").offer.model_copy(update={"public_key": "11" * 32})
    refused = hospital.accept([forged, run_key("c").offer])
    assert list(refused) == ["b"]
    assert "wrong signature" in refused["b"]
    assert "wrong signature" in refusal(hospital, question("q", "ab"))
    hospital.answer(question("q", "ac"), Draws(), noise_is_whole=True)


def test_a_bad_key_takes_the_place_of_a_good_one() -> None:
    hospital = cohort("abc")["a"]
    hospital.accept([signed_offer(enrolled("b"), "b", "22" * 32, run="run-0")])
    assert "another run" in refusal(hospital, question("q", "abc"))
    assert hospital.accept([run_key("b").offer]) == {}
    hospital.answer(question("q", "abc"), Draws(), noise_is_whole=True)


def test_a_signed_key_that_hides_nothing_is_refused() -> None:
    refused = hospital_sums("a").accept([signed_offer(enrolled("b"), "b", "00" * 32)])
    assert "hides nothing" in refused["b"]


def test_members_that_are_not_pinned_are_refused() -> None:
    pins = {"b": fingerprint(enrolled("b").key.public_key())}
    hospital = hospital_sums("a", pins=pins)
    impostor = signed_offer(newly_enrolled("b"), "b", run_key("b").offer.public_key)
    assert list(hospital.accept([run_key("b").offer, run_key("c").offer])) == ["c"]
    assert "pinned" in refusal(hospital, question("q", "ac"))
    assert list(hospital.accept([impostor])) == ["b"]
    assert "pinned" in refusal(hospital, question("q", "ab"))


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


@pytest.mark.parametrize("kind", ["float64", "int32", "uint64", ">i8"])
def test_other_types_than_int64_are_refused_before_they_are_kept(kind: str) -> None:
    hospital = cohort("abc")["a"]
    with pytest.raises(JuntosError, match="takes int64"):
        hospital.answer(question("q", "abc"), lambda: np.zeros(3, dtype=kind), noise_is_whole=True)
    hospital.answer(question("q", "abc"), Draws(), noise_is_whole=True)


def test_a_joined_node_offers_a_key_that_its_federation_accepts(
    coordinator: Coordinator, tmp_path: Path
) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    first, second = node_run_key(home, RUN), node_run_key(home, RUN)
    trusted = home.authority_certificate.read_text(encoding="ascii")
    assert verified_key(first.offer, RUN, trusted) == first.private.public_key()
    assert first.offer.public_key != second.offer.public_key
    with pytest.raises(JuntosError, match="not valid under"):
        verified_key(first.offer, RUN, authority("Elsewhere").certificate_pem)


@pytest.mark.parametrize("lost", ["node", "certificate.pem"])
def test_a_damaged_folder_is_named(coordinator: Coordinator, tmp_path: Path, lost: str) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    (home.keys / lost).unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        node_run_key(home, RUN)
