"""Asking until all members of a secret sum answer, or too few are left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from server.secret_sum.adding import sum_masked, unusable
from shared.errors import PartialRunError
from shared.secret_sum.masks import Vector
from shared.secret_sum.question import FEWEST_MEMBERS, SecretQuestion

# Puts a question to its members. Returns, by hospital, its masked vector, or the reason for which
# there is none; who is absent did not answer.
Ask = Callable[[SecretQuestion], Mapping[str, Vector | str]]


@dataclass(frozen=True)
class SecretTotal:
    """A sum, and whose it is.

    Attributes
    ----------
    total : ndarray of int64
    question : SecretQuestion
        The attempt that was complete; its members are in the sum.
    lost : dict of str to str
        The hospitals that were taken out, with the reason.
    """

    total: Vector
    question: SecretQuestion
    lost: dict[str, str]


def collect(ask: Ask, first: SecretQuestion, minimum: int, shape: tuple[int, ...]) -> SecretTotal:
    """Ask, and ask again without the hospitals that were lost, until a sum is complete.

    Every attempt is under fresh masks, so that what came for an earlier one is worth nothing. Asks
    at most once for each member beyond the minimum, and once more.

    Parameters
    ----------
    ask : callable
    first : SecretQuestion
        Attempt 0, with all members.
    minimum : int
        Members that a sum needs; hospitals refuse below their own smallest cohort.
    shape : tuple of int
        Of each hospital's vector.

    Raises
    ------
    PartialRunError
        When fewer than the minimum are left, naming those that were lost and why.
    """
    question, lost = first, dict[str, str]()
    minimum = max(minimum, FEWEST_MEMBERS)
    while True:
        _refuse_too_few(question.members, minimum, lost)
        vectors, reasons = _told_apart(question, ask(question), shape)
        if not reasons:
            return SecretTotal(sum_masked(question, vectors, shape), question, lost)
        lost |= reasons
        left = [name for name in question.members if name not in reasons]
        _refuse_too_few(left, minimum, lost)
        question = question.without(reasons)


def _told_apart(
    question: SecretQuestion, answers: Mapping[str, Vector | str], shape: tuple[int, ...]
) -> tuple[dict[str, Vector], dict[str, str]]:
    vectors, reasons = dict[str, Vector](), dict[str, str]()
    for name in question.members:
        answer = answers.get(name, "it did not answer")
        if isinstance(answer, str):
            reasons[name] = answer
        elif reason := unusable(answer, shape):
            reasons[name] = reason
        else:
            vectors[name] = answer
    return vectors, reasons


def _refuse_too_few(left: Collection[str], minimum: int, lost: Mapping[str, str]) -> None:
    if len(left) < minimum:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(lost.items()))
        raise PartialRunError(
            f"{len(left)} hospitals are left of a secret sum, which needs at least {minimum}. "
            f"{reasons}".strip(),
            "Resume the run when they are back.",
        )
