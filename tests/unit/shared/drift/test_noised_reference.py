"""A reference of a private run: its noise and its coarser bins raise no alarm by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from shared.contract import Contract
from shared.drift import compare_summaries, find_drift
from shared.privacy.noised_summary import noised_summary
from shared.privacy.settings import PrivacySettings
from shared.privacy.summary_vector import BINS, count_summary
from shared.records import Records
from shared.statistics import Summary, summarise
from tests.conftest import random_records

PRIVATE = PrivacySettings(guarantee="differential")


def patients(contract: Contract, rows: int, seed: int, shift: float = 0.0) -> Records:
    found = random_records(contract, rows, seed, missing=0.15)
    values = np.random.default_rng(seed).normal(55 + shift, 9, rows)
    found.table["age"] = np.clip(values, 0, 120)
    return found


def reference(contract: Contract, deviation: float) -> Summary:
    counted = count_summary(contract, patients(contract, 4_000, 1), PRIVATE)
    values = counted.values.astype(np.float64)
    noise = np.random.default_rng(2).normal(0, deviation, len(values))
    return noised_summary(contract, PRIVATE, values + noise, deviation)


def drifted(contract: Contract, found: Summary, window: Records, deviation: float) -> set[str]:
    compared = compare_summaries(
        contract, found, summarise(contract, window), deviation=deviation, noised_bins=BINS
    )
    verdicts = find_drift(compared)
    return {each.feature for each in verdicts if each.state == "drifted"}


@pytest.mark.parametrize("deviation", [0.01, 15.0])
def test_noise_alone_is_no_drift_and_a_shift_is_found(contract: Contract, deviation: float) -> None:
    found = reference(contract, deviation)
    alarms = [
        drifted(contract, found, patients(contract, 400, seed), deviation) for seed in range(10, 16)
    ]
    assert sum(map(bool, alarms)) <= 1
    assert "age" in drifted(contract, found, patients(contract, 400, 20, shift=6.0), deviation)
