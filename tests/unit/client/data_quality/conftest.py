"""What the tests of all checks share: every injection measured once."""

from __future__ import annotations

import pytest

from tests.unit.client.data_quality.measuring import Measured, measure_all


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """What became of each injection, by its name."""
    folder = tmp_path_factory.mktemp("injected")
    return {each.injection.name: each for each in measure_all(folder)}
