"""What a hospital answers, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from client.joining import join
from client.secret_sum import node_run_key
from shared.errors import JuntosError, SettingsError
from shared.secret_sum.certificates import fingerprint
from shared.secret_sum.key_offer import verified_key
from tests.unit.client.conftest import Coordinator
from tests.unit.client.secret_sum.draws import Draws, refusal
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
