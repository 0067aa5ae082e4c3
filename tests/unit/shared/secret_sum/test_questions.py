from __future__ import annotations

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import ValidationError

from shared.secret_sum import SecretQuestion
from shared.secret_sum.framing import framed
from shared.secret_sum.pair_secrets import mask_seed, pair_secret
from tests.unit.shared.secret_sum.hospitals import RUN, question, run_key


def test_members_are_sorted_and_at_least_two() -> None:
    for members in [("b", "a"), ("a", "a"), ("a",), ()]:
        with pytest.raises(ValidationError):
            SecretQuestion(run=RUN, question="q", members=members)


def test_asking_again_counts_the_attempts() -> None:
    again = question("q", "abc").without({"b"})
    assert (again.attempt, again.members, again.question) == (1, ("a", "c"), "q")
    with pytest.raises(ValueError, match="at least 2"):
        again.without({"a"})


def test_framing_tells_apart_what_joining_does_not() -> None:
    lists = [("ab", "c"), ("a", "bc"), ("abc",), ("", "abc"), ("abc", "")]
    assert len({framed("purpose", *each) for each in lists}) == len(lists)
    assert framed("a", "b") != framed("b", "a")


def test_both_hospitals_of_a_pair_get_the_same_secret() -> None:
    lyon, oslo = run_key("lyon").private, run_key("oslo").private
    ours = pair_secret(("lyon", lyon), ("oslo", oslo.public_key()), RUN)
    assert ours == pair_secret(("oslo", oslo), ("lyon", lyon.public_key()), RUN)
    assert len(ours) == 32


def test_a_secret_is_bound_to_the_run_and_to_both_names() -> None:
    own = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    other = X25519PrivateKey.from_private_bytes(bytes(range(1, 33))).public_key()
    names = [("a", "b", "r"), ("a", "b", "s"), ("a", "c", "r"), ("c", "b", "r"), ("b", "a", "r")]
    secrets = {pair_secret((mine, own), (theirs, other), run) for mine, theirs, run in names}
    assert len(secrets) == len(names)


def test_every_question_attempt_and_list_of_members_has_its_own_seed() -> None:
    asked = [
        question(name, members, attempt)
        for name, members, attempt in itertools.product(["q", "p"], ["abc", "ab", "abcd"], [0, 1])
    ]
    seeds = {mask_seed(secret, each) for secret in (b"s" * 32, b"t" * 32) for each in asked}
    assert len(seeds) == 2 * len(asked)


def test_a_key_that_makes_every_secret_known_is_refused() -> None:
    zero = X25519PublicKey.from_public_bytes(bytes(32))
    with pytest.raises(ValueError, match="key"):
        pair_secret(("a", X25519PrivateKey.generate()), ("b", zero), RUN)
