"""Vectors that are counted, and questions that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from client.secret_sum import HospitalSums
from shared.errors import JuntosError
from shared.secret_sum import SecretQuestion, Vector


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
