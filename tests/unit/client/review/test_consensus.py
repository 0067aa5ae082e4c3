"""Who decides: one reader, two who agree, a third where they do not; and Cohen's kappa."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from client.review.agreement import agreements
from client.review.consensus import Reading, consensus_of
from client.review.decisions import Answer, CorrectClass, Exclude, Keep
from client.review.harm import harm, rarity

ANSWERS: list[Answer] = [Keep(), Exclude(), CorrectClass(code="a"), CorrectClass(code="b")]


def readings(*answers: Answer) -> list[Reading]:
    names = "abcdef"
    return [Reading(number + 1, names[number], each) for number, each in enumerate(answers)]


def test_one_reader_decides_and_the_latest_answer_counts() -> None:
    assert consensus_of([], 1).state == "open"
    found = consensus_of(readings(Keep(), Exclude()), 1)
    assert (found.state, found.decision, found.by) == ("decided", Exclude(), 2)


@pytest.mark.parametrize(
    ("answers", "state", "decision"),
    [
        ([], "open", None),
        ([Keep()], "second", None),
        ([Keep(), Keep()], "decided", Keep()),
        ([Keep(), Exclude()], "disagreement", None),
        ([CorrectClass(code="a"), CorrectClass(code="b")], "disagreement", None),
        ([Keep(), Exclude(), Exclude()], "decided", Exclude()),
        ([Keep(), Exclude(), CorrectClass(code="a")], "decided", CorrectClass(code="a")),
        ([Keep(), Keep(), Exclude()], "decided", Keep()),
    ],
)
def test_two_readers_must_agree_or_a_third_decides(
    answers: list[Answer], state: str, decision: Answer | None
) -> None:
    found = consensus_of(readings(*answers), 2)
    assert (found.state, found.decision) == (state, decision)
    assert found.waits_for("z") == (state != "decided")


def test_a_reader_sees_no_other_answer_before_answering() -> None:
    one = consensus_of(readings(Keep()), 2)
    assert not one.shows_readings_to("b", 2)
    assert not one.waits_for("a")
    two = consensus_of(readings(Keep(), Exclude()), 2)
    assert two.shows_readings_to("c", 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    given_answers = [readings(ANSWERS[one], ANSWERS[other]) for one, other in pairs]
    found = agreements(given_answers)[0]
    ones, others = zip(*pairs, strict=True)
    assert found.questions == len(pairs)
    assert found.share == np.mean(np.array(ones) == np.array(others))
    if set(ones) == set(others) and len(set(ones)) == 1:
        assert found.kappa is None
        return
    assert found.kappa == pytest.approx(cohen_kappa_score(ones, others))
    assert found.low is not None
    assert found.high is not None
    assert found.kappa is not None
    assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_kappa_is_of_the_first_two_readers_whoever_came_first() -> None:
    one_way = readings(Keep(), Exclude(), Keep())
    other_way = [
        Reading(1, "b", Exclude()),
        Reading(2, "a", Keep()),
        Reading(3, "c", Keep()),
    ]
    (found,) = agreements([one_way, other_way, readings(Keep())])
    assert found.readers == ("a", "b")
    assert (found.questions, found.share) == (2, 0)


def test_the_interval_of_kappa_covers() -> None:
    """Two readers who agree with probability .8 over two answers: kappa is .6."""
    generator = np.random.default_rng(11)
    inside = 0
    for _ in range(300):
        first = generator.integers(0, 2, 80)
        second = np.where(generator.random(80) < 0.8, first, 1 - first)
        pairs = zip(first, second, strict=True)
        (found,) = agreements([readings(ANSWERS[a], ANSWERS[b]) for a, b in pairs])
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.6 <= found.high
    assert 0.90 <= inside / 300 <= 0.99


def test_rare_classes_weigh_more() -> None:
    weights = rarity(["common"] * 100 + ["rare"])
    assert weights == {"common": 1.0, "rare": 10.0}
    assert harm(1, 0.5, ["common"], weights) == 0.5
    assert harm(1, 0.5, ["common", "rare"], weights) == 5.0
    assert harm(1, 0.5, ["common", "never seen"], weights) == 5.0
    assert harm(0.6, 0.5, [], {}) == 0.3
