"""The published protocol's rows, from the real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.contract import Contract
from shared.errors import DataError
from simulations.benchmarks.heart import (
    binary_figures,
    complete_rows,
    contract_of_protocol,
    read_hospitals,
    row_counts,
)


def test_rows_are_those_of_the_protocol(heart_data: Path, contract: Contract) -> None:
    published = contract_of_protocol(contract)
    hospitals = read_hospitals(published, heart_data, zero_is_missing=False)
    complete = {name: complete_rows(records) for name, records in hospitals.items()}
    counts = row_counts(published, complete)
    assert counts == {"train": [199, 172, 30, 85], "test": [104, 89, 16, 45]}
    figures = binary_figures(published, complete, "random_forest", 1, lambda: None)
    assert figures["federated"]["auc"] > 0.84
    assert len(figures["local"]) == len(figures["federated_by_hospital"]) == 4


def test_other_rows_are_refused(heart_data: Path, contract: Contract) -> None:
    hospitals = read_hospitals(contract, heart_data, zero_is_missing=True)
    complete = {name: complete_rows(records) for name, records in hospitals.items()}
    complete.pop("switzerland")  # all its cholesterols are zeros, so no row is complete
    with pytest.raises(DataError, match="protocol"):
        row_counts(contract, complete)
