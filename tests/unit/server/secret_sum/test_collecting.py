from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from server.secret_sum import collect, sum_masked
from shared.errors import JuntosError, PartialRunError
from shared.secret_sum import SecretQuestion, Vector
from tests.unit.shared.secret_sum.hospitals import question

SHAPE = (3,)


class Answering:
    """Hospitals that answer ones, but for those that each attempt loses."""

    def __init__(self, *losing: Mapping[str, Vector | str | None]) -> None:
        self.losing = losing
        self.asked: list[SecretQuestion] = []

    def __call__(self, asked: SecretQuestion) -> dict[str, Vector | str]:
        losing = self.losing[len(self.asked)] if len(self.asked) < len(self.losing) else {}
        self.asked.append(asked)
        answers: dict[str, Vector | str] = {}
        for name in asked.members:
            answer = losing.get(name, np.ones(SHAPE, dtype=np.int64))
            if answer is not None:
                answers[name] = answer
        return answers


def test_a_complete_sum_is_asked_once() -> None:
    ask = Answering()
    found = collect(ask, question("q", "abc"), 2, SHAPE)
    assert found.total.tolist() == [3, 3, 3]
    assert found.total.dtype == np.int64
    assert (found.lost, found.question, ask.asked) == ({}, ask.asked[0], [question("q", "abc")])


def test_the_lost_are_taken_out_one_attempt_after_the_other() -> None:
    ask = Answering({"b": None}, {"e": "the budget is spent"})
    found = collect(ask, question("q", "abcde"), 3, SHAPE)
    assert found.total.tolist() == [3, 3, 3]
    assert found.lost == {"b": "it did not answer", "e": "the budget is spent"}
    assert ask.asked == [question("q", "abcde"), question("q", "acde", 1), question("q", "acd", 2)]
    assert found.question == ask.asked[-1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (np.ones(4, dtype=np.int64), r"shape \(4,\) instead of \(3,\)"),
        (np.ones((3, 1), dtype=np.int64), "shape"),
        (np.ones(3), "type float64 instead of int64"),
        (np.ones(3, dtype=np.uint64), "type uint64"),
    ],
)
def test_who_answers_with_something_else_is_lost(answer: Vector, reason: str) -> None:
    found = collect(Answering({"b": answer}), question("q", "abc"), 2, SHAPE)
    assert found.total.tolist() == [2, 2, 2]
    assert list(found.lost) == ["b"]
    answers = {"a": np.ones(SHAPE, dtype=np.int64), "b": answer}
    with pytest.raises(JuntosError, match=reason):
        sum_masked(question("q", "ab"), answers, SHAPE)


def test_below_the_minimum_it_says_no_and_asks_nobody_again() -> None:
    ask = Answering({"b": "the budget is spent"}, {"a": None})
    with pytest.raises(PartialRunError) as caught:
        collect(ask, question("q", "abcd"), 3, SHAPE)
    assert len(ask.asked) == 2
    assert caught.value.what == (
        "2 hospitals are left of a secret sum, which needs at least 3. "
        "a: it did not answer; b: the budget is spent"
    )


def test_too_few_from_the_start_are_not_asked() -> None:
    ask = Answering()
    with pytest.raises(PartialRunError, match="needs at least 4"):
        collect(ask, question("q", "abc"), 4, SHAPE)
    assert ask.asked == []


@pytest.mark.parametrize("minimum", [0, 1, 2])
def test_no_sum_is_over_one_hospital(minimum: int) -> None:
    with pytest.raises(PartialRunError, match="at least 2"):
        collect(Answering({"a": None}), question("q", "ab"), minimum, SHAPE)


def test_all_may_be_lost_at_once() -> None:
    with pytest.raises(PartialRunError, match="0 hospitals"):
        collect(Answering({"a": None, "b": "no"}), question("q", "ab"), 2, SHAPE)


@pytest.mark.parametrize("names", ["a", "abc"])
def test_a_sum_needs_exactly_its_members(names: str) -> None:
    answers = {name: np.ones(SHAPE, dtype=np.int64) for name in names}
    with pytest.raises(JuntosError, match="all and no other"):
        sum_masked(question("q", "ab"), answers, SHAPE)


def test_sums_wrap_around_without_a_warning() -> None:
    largest = np.full(SHAPE, np.iinfo(np.int64).max)
    found = sum_masked(question("q", "ab"), {"a": largest, "b": largest}, SHAPE)
    assert found.tolist() == [-2, -2, -2]
