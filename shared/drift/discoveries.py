"""Which of many tests found something, without false alarms growing with their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def discoveries(p_values: Sequence[float], rate: float) -> npt.NDArray[np.bool_]:
    """Return which null hypotheses are rejected, shape (tests,).

    Of those that are, at most the share `rate` is wrong on average (Benjamini and Hochberg 1995);
    where nothing has drifted, a window alarms with at most that chance. It holds for independent
    tests and for such as rise together, as a term and the terms above it do.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not len(values):
        return np.zeros(0, dtype=np.bool_)
    order = np.argsort(values)
    limits = rate * np.arange(1, len(values) + 1) / len(values)
    below = np.flatnonzero(values[order] <= limits)
    found = np.zeros(len(values), dtype=np.bool_)
    if len(below):
        found[order[: below[-1] + 1]] = True
    return found
