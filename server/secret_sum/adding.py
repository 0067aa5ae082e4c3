"""Adding masked vectors: of all members, or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shared.errors import JuntosError
from shared.secret_sum.masks import Vector
from shared.secret_sum.question import SecretQuestion


def sum_masked(
    question: SecretQuestion, answers: Mapping[str, Vector], shape: tuple[int, ...]
) -> Vector:
    """Return the sum of the members' vectors, free of masks.

    Parameters
    ----------
    question : SecretQuestion
        What was asked.
    answers : mapping of str to ndarray of int64
        By hospital, masked for this question and attempt.
    shape : tuple of int
        Of each vector.

    Returns
    -------
    ndarray of int64
        Exact modulo ``2 ** 64``: `FixedPoint` sees to it that nothing wraps around. A member that
        masks wrongly spoils the sum, and nobody can tell which one it was.

    Raises
    ------
    JuntosError
        When not exactly the members answered, or one answered with another shape or type.
    """
    if sorted(answers) != list(question.members):
        raise JuntosError("a secret sum needs the answers of its members, all and no other")
    for name, vector in answers.items():
        if reason := unusable(vector, shape):
            raise JuntosError(f"{name}: {reason}")
    total = np.zeros(shape, dtype=np.uint64)
    for name in question.members:
        total += answers[name].view(np.uint64)
    return total.view(np.int64)


def unusable(vector: Vector, shape: tuple[int, ...]) -> str:
    """Return why a vector cannot be added, empty if it can."""
    if vector.dtype != np.int64:
        return f"a masked vector of type {vector.dtype} instead of int64"
    if vector.shape != shape:
        return f"a masked vector of shape {vector.shape} instead of {shape}"
    return ""
