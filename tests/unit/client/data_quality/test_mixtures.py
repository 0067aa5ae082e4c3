"""A moved copy under a tail is told from the tail itself."""

from __future__ import annotations

import numpy as np
import pytest

from client.data_quality.checks.mixtures import OneCrowd

MOVE = float(np.log(2.2046))


@pytest.mark.parametrize("seed", range(5))
def test_a_copy_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    logs = random.normal(4.3, 0.18, 600)
    moved = random.random(600) < 0.1
    logs[moved] += MOVE
    found = OneCrowd(logs).copies(MOVE)
    assert (found & moved).sum() >= 0.8 * moved.sum()
    assert (found & ~moved).sum() <= 5


SHAPES = {
    "bell": lambda random: random.normal(0, 0.3, 500),
    "long tails": lambda random: 0.2 * random.standard_t(3, 500),
    "lopsided": lambda random: np.log(random.gamma(2, 1, 500)),
    "very lopsided": lambda random: 0.3 * random.exponential(1, 500),
    "two kinds of patients": lambda random: (
        random.normal(0, 0.2, 500) + 0.4 * (random.random(500) < 0.3)
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("move", [MOVE, -MOVE, float(np.log(2.54)), float(np.log(1.609))])
def test_one_crowd_is_left_alone(shape: str, move: float) -> None:
    wrong = 0
    for seed in range(4):
        found = OneCrowd(SHAPES[shape](np.random.default_rng(seed))).copies(move)
        wrong += bool(found.sum() >= 5)
    assert wrong == 0
