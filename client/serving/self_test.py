"""Trying a model out before patients depend on it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from client.serving.served_model import ServedModel
from shared.errors import BundleError

REPETITIONS = 128
SHARE = 0.99


@dataclass(frozen=True)
class SelfTest:
    """What trying a model out found.

    Attributes
    ----------
    cases : int
        Golden cases; all gave the promised answers.
    median, slowest : float
        Seconds of one answer: the middle one, and the one that 99% are not slower than.
    """

    cases: int
    median: float
    slowest: float


def try_out(model: ServedModel, limit: float) -> SelfTest:
    """Answer golden cases one by one; the model is warm afterwards.

    Parameters
    ----------
    limit : float
        Seconds that 99% of the answers may take.

    Raises
    ------
    BundleError
        When an answer differs from the promised one, or answers take too long.
    """
    cases = model.golden_cases()
    if not cases:
        raise BundleError("The bundle has no golden cases, so that it cannot be tried out.")
    model.parts.golden.check(model.probabilities(cases))
    times = []
    for number in range(REPETITIONS):
        begun = time.perf_counter()
        model.answer(cases[number % len(cases)])
        times.append(time.perf_counter() - begun)
    # The first answers include what is only set up once.
    median, slowest = np.quantile(times[len(cases) :], [0.5, SHARE])
    if slowest > limit:
        raise BundleError(
            f"The model takes {1000 * slowest:.0f} ms for one of a hundred answers; at most "
            f"{1000 * limit:.0f} ms are allowed.",
            "Use a smaller model, or raise latency_limit in serving.toml.",
        )
    return SelfTest(len(cases), float(median), float(slowest))
