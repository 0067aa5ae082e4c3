"""The vector of the last secret question, so that no mask ever covers two different vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.errors import JuntosError
from shared.secret_sum.masks import Vector
from shared.secret_sum.question import SecretQuestion

Draw = Callable[[], Vector]


@dataclass(frozen=True)
class _Kept:
    question: SecretQuestion
    vector: Vector
    noise_is_whole: bool


class KeptVector:
    """Remembers every question of a run by name, and of the last one the vector.

    The vector of a question that is asked again is the one that was answered with, bit for bit,
    unless its noise was shared.
    """

    def __init__(self) -> None:
        self._last: _Kept | None = None
        self._begun: set[str] = set()

    def vector_for(self, question: SecretQuestion, draw: Draw, *, noise_is_whole: bool) -> Vector:
        """Return the vector to mask; see `HospitalSums.answer`."""
        last = self._last
        if last is None or question.question != last.question.question:
            if question.question in self._begun:
                raise _refused(question, "it was answered, and others after it")
            return self._drawn(question, draw, noise_is_whole)
        if question == last.question:
            return last.vector
        if question.attempt <= last.question.attempt:
            raise _refused(question, "that attempt was answered for other members")
        if not set(question.members) < set(last.question.members):
            raise _refused(question, "asking again must take hospitals out and bring none in")
        if last.noise_is_whole and noise_is_whole:
            self._last = _Kept(question, last.vector, noise_is_whole=True)
            return last.vector
        return self._drawn(question, draw, noise_is_whole)

    def _drawn(self, question: SecretQuestion, draw: Draw, noise_is_whole: bool) -> Vector:
        # A copy of our own: whoever made the vector may go on changing it.
        vector = np.array(draw(), copy=True)
        if vector.dtype != np.int64:
            raise JuntosError(f"a secret sum takes int64, not {vector.dtype}")
        vector.setflags(write=False)
        self._last = _Kept(question, vector, noise_is_whole)
        self._begun.add(question.question)
        return vector


def _refused(question: SecretQuestion, why: str) -> JuntosError:
    return JuntosError(
        f"question {question.question!r}, attempt {question.attempt}, is not answered: {why}"
    )
