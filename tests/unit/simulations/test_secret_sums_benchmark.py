from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from shared.errors import JuntosError
from shared.session.in_process import Workers
from simulations.benchmarks import secret_sums as benchmark
from simulations.benchmarks.secret_sums import secret_sums


@pytest.mark.parametrize("workers", get_args(Workers))
def test_every_way_measures_right_sums(workers: Workers) -> None:
    found = secret_sums(hospitals=3, values=1000, rounds=2, seed=1, workers=workers)
    seconds = {name: float(str(found[f"{name}_seconds_per_round"])) for name in ("plain", "secure")}
    assert all(each > 0 for each in seconds.values())
    assert found["secure_sum_ratio"] == seconds["secure"] / seconds["plain"]
    assert (found["hospitals"], found["values"], found["workers"]) == (3, 1000, workers)


def test_a_wrong_sum_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(values: int, members: int, seed: int) -> np.ndarray:
        return np.ones(values, dtype=np.int64) << 40

    monkeypatch.setattr(benchmark, "update_of", other)
    with pytest.raises(JuntosError, match="another sum"):
        secret_sums(hospitals=2, values=10, rounds=1, seed=1, workers="in_process")
