"""A node with a model in service and a file of patients that grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.api.conftest import home as home
from tests.unit.client.api.conftest import services as services

WritePatients = Callable[..., None]


def patients(count: int, start: int = 100) -> dict[str, list[str]]:
    """Return rows of the source, without diagnoses as new patients have none."""
    numbers = range(start, start + count)
    return {
        "id": [str(each) for each in numbers],
        "years": [str(20 + each % 70) for each in numbers],
        "rr": ["16"] * count,
        "cp": ["1"] * count,
        "fev": ["yes"] * count,
        "hpo": ["HP:0001250"] * count,
        "letter": [""] * count,
        "diagnosis": [""] * count,
    }


@pytest.fixture
def write_patients(home: Path) -> WritePatients:
    """Write the hospital's file."""

    def write(*parts: dict[str, list[str]]) -> None:
        table = pd.concat([pd.DataFrame(each) for each in parts], ignore_index=True)
        table.to_csv(home / "patients.csv", index=False)

    return write
