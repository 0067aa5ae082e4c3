from __future__ import annotations

import numpy as np
import pytest

from shared.class_balance import class_weights


@pytest.mark.parametrize("balance", ["none", "effective_number", "inverse_frequency"])
def test_the_mean_weight_of_a_row_is_one(balance: str) -> None:
    counts = np.array([500.0, 40, 3, 0])
    weights = class_weights(counts, balance)  # type: ignore[arg-type]
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    assert weights[3] == 1


def test_rarer_classes_weigh_more_and_the_effective_number_less_extremely() -> None:
    counts = np.array([5000.0, 50, 5])
    inverse = class_weights(counts, "inverse_frequency")
    effective = class_weights(counts, "effective_number")
    assert (np.diff(inverse) > 0).all()
    assert (np.diff(effective) > 0).all()
    assert effective[2] / effective[0] < inverse[2] / inverse[0]
    assert inverse[2] / inverse[0] == pytest.approx(1000)
