"""Secret sums from end to end: exact for whoever is honest, worthless for whoever is not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from client.secret_sum import HospitalSums
from server.secret_sum import collect
from shared.errors import JuntosError, PartialRunError
from shared.secret_sum import FixedPoint, SecretQuestion, Vector
from tests.unit.shared.secret_sum.hospitals import cohort, question

NAMES = "abcdef"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def hospitals() -> dict[str, HospitalSums]:
    return cohort(NAMES)


class Federation:
    """Hospitals with their vectors, and those that fall silent at each attempt."""

    def __init__(
        self,
        hospitals: dict[str, HospitalSums],
        vectors: dict[str, Vector],
        silent: Iterable[set[str]] = (),
    ) -> None:
        self.hospitals, self.vectors = hospitals, vectors
        self.silent = iter(silent)
        self.answers: list[Vector] = []

    def ask(self, asked: SecretQuestion) -> dict[str, Vector | str]:
        silent = next(self.silent, set())
        return {name: self.answer(name, asked) for name in asked.members if name not in silent}

    def answer(self, name: str, asked: SecretQuestion) -> Vector | str:
        try:
            answer = self.hospitals[name].answer(
                asked, lambda: self.vectors[name], noise_is_whole=True
            )
        except JuntosError as error:
            return error.what
        self.answers.append(answer)
        return answer


def plain_sum(vectors: Iterable[Vector]) -> list[int]:
    """Add in whole numbers without a limit, then wrap around."""
    sums = [sum(column) for column in zip(*(each.tolist() for each in vectors), strict=True)]
    return [(each + 2**63) % 2**64 - 2**63 for each in sums]


def draw_vectors(names: str, number: int) -> dict[str, Vector]:
    generator = np.random.default_rng(number)
    return {name: generator.integers(-1000, 1000, 8) for name in names}


@st.composite
def losses(draw: st.DrawFn) -> tuple[str, list[set[str]], dict[str, Vector]]:
    """Choose members, who is lost at which attempt so that two are left, and all vectors."""
    count = draw(st.integers(2, len(NAMES)))
    names = NAMES[:count]
    order = draw(st.permutations(names))[: draw(st.integers(0, count - 2))]
    cuts = sorted(draw(st.sets(st.integers(1, max(len(order) - 1, 1)), max_size=3)))
    edges = [0, *[cut for cut in cuts if cut < len(order)], len(order)]
    silent = [set(order[begin:end]) for begin, end in itertools.pairwise(edges)]
    length = draw(st.integers(1, 20))
    numbers = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=length, max_size=length)
    vectors = {name: np.array(draw(numbers), dtype=np.int64) for name in names}
    return names, silent if order else [], vectors


@seed(3)
@settings(max_examples=150, deadline=None)
@given(case=losses())
def test_the_secret_sum_is_the_plain_sum_bit_for_bit(
    hospitals: dict[str, HospitalSums], case: tuple[str, list[set[str]], dict[str, Vector]]
) -> None:
    names, silent, vectors = case
    federation = Federation(hospitals, vectors, silent)
    length = len(vectors["a"])
    found = collect(federation.ask, question(f"sum {next(_numbers)}", names), 2, (length,))
    lost = set().union(*silent)
    assert found.total.tolist() == plain_sum(vectors[name] for name in names if name not in lost)
    assert set(found.lost) == lost
    assert found.question.attempt == len(silent)


@pytest.mark.parametrize("lost", range(6))
def test_every_number_of_losses_down_to_the_smallest_cohort(lost: int) -> None:
    federation = Federation(cohort(NAMES, smallest=3), draw_vectors(NAMES, 1), [set(NAMES[:lost])])
    first = question("q", NAMES)
    if lost > 3:
        with pytest.raises(PartialRunError, match=f"{6 - lost} hospitals are left"):
            collect(federation.ask, first, 3, (8,))
        return
    found = collect(federation.ask, first, 3, (8,))
    assert found.total.tolist() == plain_sum(federation.vectors[name] for name in NAMES[lost:])


def test_below_their_cohort_hospitals_refuse_whatever_the_coordinators_minimum() -> None:
    federation = Federation(cohort("abcd", smallest=3), draw_vectors("abcd", 1), [{"a"}, {"b"}])
    with pytest.raises(PartialRunError, match="c answers from 3 on"):
        collect(federation.ask, question("q", "abcd"), 2, (8,))


def test_decoded_sums_are_those_of_the_numbers() -> None:
    generator = np.random.default_rng(4)
    updates = {name: generator.normal(size=(5, 3)).clip(-4, 4) for name in NAMES}
    point = FixedPoint(bits=40, bound=4.0, members=len(NAMES))
    vectors = {name: point.encode(update) for name, update in updates.items()}
    found = collect(Federation(cohort(NAMES), vectors).ask, question("q", NAMES), 2, (5, 3))
    assert np.abs(point.decode(found.total) - sum(updates.values())).max() < 6 * 2.0**-41


def combinations(vectors: list[Vector], factors: Iterable[int]) -> dict[bytes, tuple[int, ...]]:
    """Return every sum of multiples of the vectors, with the multiples."""
    stacked = np.stack(vectors).view(np.uint64)
    found: dict[bytes, tuple[int, ...]] = {}
    for chosen in itertools.product(factors, repeat=len(vectors)):
        weights = np.array(chosen).astype(np.int64).view(np.uint64)
        found[(weights[:, None] * stacked).sum(axis=0, dtype=np.uint64).tobytes()] = chosen
    return found


def told(answers: list[Vector], vectors: dict[str, Vector]) -> set[tuple[int, ...]]:
    """Return which sums and differences of answers are sums and differences of vectors."""
    of_vectors = combinations(list(vectors.values()), range(-2, 3))
    of_answers = combinations(answers, (-1, 0, 1))
    return {
        factors for total, factors in of_answers.items() if any(factors) and total in of_vectors
    }


def test_only_the_sum_of_all_answers_tells_anything() -> None:
    federation = Federation(cohort("abcd"), draw_vectors("abcd", 5))
    federation.ask(question("q", "abcd"))
    assert told(federation.answers, federation.vectors) == {(1, 1, 1, 1), (-1, -1, -1, -1)}


@pytest.mark.parametrize(
    "lists",
    [
        {"a": "abcd", "b": "abcd", "c": "abcd", "d": "abd"},
        {"a": "abcd", "b": "abd", "c": "acd", "d": "abcd"},
        {"a": "ab", "b": "abc", "c": "bcd", "d": "cd"},
        {"a": "abc", "b": "abcd", "c": "bc", "d": "ad"},
        # A ring: each names its two neighbours, so that every pair's mask is there twice.
        {"a": "abd", "b": "abc", "c": "bcd", "d": "acd"},
    ],
)
def test_a_coordinator_that_tells_hospitals_different_lists_gets_garbage(
    lists: dict[str, str],
) -> None:
    federation = Federation(cohort("abcd"), draw_vectors("abcd", 6))
    for name, members in lists.items():
        assert isinstance(federation.answer(name, question("q", members)), np.ndarray)
    assert told(federation.answers, federation.vectors) == set()


def test_lists_that_fit_for_some_tell_their_sum_and_nothing_else() -> None:
    federation = Federation(cohort("abcd"), draw_vectors("abcd", 7))
    for name, members in {"a": "ab", "b": "ab", "c": "bcd", "d": "acd"}.items():
        federation.answer(name, question("q", members))
    assert told(federation.answers, federation.vectors) == {(1, 1, 0, 0), (-1, -1, 0, 0)}


def test_other_names_of_the_same_question_give_no_partial_sum() -> None:
    federation = Federation(cohort("abcd"), draw_vectors("abcd", 8))
    for name, asked in zip("abcd", ["q", "q", "p", "q"], strict=True):
        federation.answer(name, question(asked, "abcd"))
    assert told(federation.answers, federation.vectors) == set()


def test_a_coordinator_that_claims_a_loss_learns_what_two_sums_tell() -> None:
    """All four answered; it says that d did not, and asks again."""
    federation = Federation(cohort("abcd"), draw_vectors("abcd", 9))
    federation.ask(question("q", "abcd"))
    federation.ask(question("q", "abc", 1))
    all_four, without_d = (1, 1, 1, 1, 0, 0, 0), (0, 0, 0, 0, 1, 1, 1)
    expected = {
        tuple(first * one + second * other for one, other in zip(all_four, without_d, strict=True))
        for first, second in itertools.product((-1, 0, 1), repeat=2)
        if first or second
    }
    assert told(federation.answers, federation.vectors) == expected
