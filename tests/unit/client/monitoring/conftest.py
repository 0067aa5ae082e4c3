"""A node with a model in service, asked about patients that are made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from client.api.answering import Answering, Question
from client.audit import Prediction
from client.monitoring.settings import MonitoringSettings
from client.serving.case import Case
from client.serving.services import NodeServices
from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.api.conftest import home as home
from tests.unit.client.api.conftest import open_api as open_api
from tests.unit.client.api.conftest import services as services
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of

# The model of the tests learned from 160 rows.
SETTINGS = MonitoringSettings(window_rows=300, least_rows=100, least_confirmed=5)

Ask = Callable[..., list[Prediction]]


def usual_cases(rows: int, seed: int = 9) -> list[Case]:
    """Return patients like those that the model learned from."""
    return cases_of(CONTRACT, records_of(CONTRACT, rows, seed))


def changed(cases: Sequence[Case], **values: object) -> list[Case]:
    """Return patients with some values in place of theirs."""
    return [Case({**case.values, **values}) for case in cases]  # type: ignore[dict-item]


@pytest.fixture
def ask(services: NodeServices) -> Ask:
    """Have the model in service answer, each case for a patient of its own."""
    asked: list[int] = []

    def answer(cases: Sequence[Case], patient: str = "") -> list[Prediction]:
        questions = []
        for case in cases:
            asked.append(1)
            questions.append(Question(case=case, patient=patient or f"patient {len(asked)}"))
        return Answering(services).answer(questions, "test", "request")

    return answer
