"""What a node tells of the model in service: counts that merge, without few patients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from client.confirmations import Confirmation, Confirmations
from client.hospital import Hospital, LocalRecords
from client.serving.case_problem import CaseError
from client.serving.services import NodeServices
from client.small_cells.watching import told_watch
from client.watching.answering import watched
from client.watching.node_service import read_metrics, service_of
from client.watching.refused_fields import FOLDER, RefusedFields
from shared.run_settings import RunSettings, run_settings
from shared.statistics.summary import NumericSummary, Summary
from shared.watch.answer import WatchAnswer, WatchHeader
from tests.unit.client.monitoring.conftest import Ask, usual_cases
from tests.unit.client.monitoring.conftest import ask as ask
from tests.unit.client.monitoring.conftest import filled_home as filled_home
from tests.unit.client.monitoring.conftest import home as home
from tests.unit.client.monitoring.conftest import services as services
from tests.unit.client.serving.bundles import CONTRACT, records_of

SETTINGS = run_settings({"watch": {"enabled": True, "window_rows": 60}}, [], "test")


def hospital(services: NodeServices) -> Hospital:
    found = Hospital("lyon", CONTRACT, lambda: LocalRecords(records_of(CONTRACT, 90, 4)))
    found.open_services = lambda: services
    return found


def told(
    services: NodeServices,
    settings: RunSettings = SETTINGS,
    since: str = "",
    now: datetime | None = None,
) -> WatchAnswer:
    header = WatchHeader(confirmed_since=since)
    return watched(hospital(services), services, settings, header, now or later())


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=5)


def test_the_last_answers_are_held_apart_from_the_first(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(100))
    found = told(services)
    found.check(CONTRACT)
    assert found.window is not None
    assert found.first is not None
    assert (found.rows, found.first.summary.rows) == (60, 40)
    assert sum(found.window.scores) == 60
    assert found.records is not None
    assert found.records.rows == 90
    assert found.service.digest == services.store.active.identity.digest
    assert WatchAnswer.model_validate_json(found.model_dump_json()) == found


def test_two_windows_merge_to_that_of_all(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(100))
    parts, whole = told(services), told(services, run_settings({}, ["watch.window_rows=100"], "t"))
    assert parts.window is not None
    assert parts.first is not None
    assert whole.window is not None
    merged = parts.window.merge(parts.first)
    assert merged.scores == whole.window.scores
    assert merged.summary.classes == whole.window.summary.classes
    for name, feature in merged.summary.features.items():
        same = whole.window.summary.features[name]
        assert (feature.present, feature.missing) == (same.present, same.missing)
        if isinstance(feature, NumericSummary) and isinstance(same, NumericSummary):
            assert feature.histogram == same.histogram
            assert feature.total == pytest.approx(same.total)


def test_nothing_was_asked_yet(services: NodeServices) -> None:
    found = told(services)
    assert (found.window, found.first, found.new_for_training) == (None, None, 0)
    assert told_watch(CONTRACT, found, 5).confirmed is None


def test_without_a_source_the_rest_is_told(services: NodeServices, ask: Ask) -> None:
    from shared.errors import SettingsError

    def unreadable() -> LocalRecords:
        raise SettingsError("no source")

    ask(usual_cases(10))
    without = Hospital("lyon", CONTRACT, unreadable)
    found = watched(without, services, SETTINGS, WatchHeader(), later())
    assert found.records is None
    assert found.rows == 10


def confirm(services: NodeServices, predictions: list[str], code: str) -> None:
    book = Confirmations(services.audit, services.contract)
    for each in predictions:
        book.confirm(Confirmation(code=code, who="dr", prediction=each))


def test_diagnoses_are_told_once_and_few_of_them_later(services: NodeServices, ask: Ask) -> None:
    leaf = CONTRACT.leaves[0]
    asked = [each.id for each in ask(usual_cases(12))]
    confirm(services, asked[:7], leaf)
    first = told(services)
    assert first.confirmed is not None
    assert first.confirmed.evaluation.group.rows == 7
    assert first.confirmed.delays == [7, 0, 0, 0, 0, 0]
    assert first.new_for_training == 7
    now = later() + timedelta(seconds=10)
    again = told(services, since=first.confirmed.until, now=now)
    assert again.confirmed is not None
    assert again.confirmed.evaluation.group.rows == 0
    few = told_watch(CONTRACT, told(services), 10)
    assert few.confirmed is None
    assert few.new_for_training == 0


def every_count(summary: Summary) -> Iterator[int]:
    yield summary.rows
    yield from summary.classes.values()
    for feature in summary.features.values():
        yield feature.present
        yield feature.missing
        yield from (
            feature.histogram if isinstance(feature, NumericSummary) else feature.counts.values()
        )


@pytest.mark.parametrize("smallest", [5, 20])
def test_every_count_of_patients_is_a_multiple_of_the_smallest_cell(
    services: NodeServices, ask: Ask, smallest: int
) -> None:
    asked = ask(usual_cases(97))
    confirm(services, [each.id for each in asked[:23]], CONTRACT.leaves[0])
    services.cases  # noqa: B018 - opened
    found = told_watch(CONTRACT, told(services), smallest)
    assert found.smallest_cell == smallest
    assert found.window is not None
    assert found.first is not None
    assert found.records is not None
    assert found.confirmed is not None
    parts = [found.window.summary, found.first.summary, found.records]
    counts = [each for part in parts for each in every_count(part)]
    counts += [*found.window.scores, *found.first.scores, *found.confirmed.delays]
    counts += np.ravel(found.confirmed.evaluation.finest.confusion).tolist()
    counts += [found.new_for_training, *(each.count for each in found.problems)]
    assert not [each for each in counts if each % smallest]
    found.check(CONTRACT)


def test_refused_cases_are_counted_by_feature_without_a_value(
    services: NodeServices, home: Path
) -> None:
    for _ in range(6):
        with pytest.raises(CaseError):
            services.cases.read({"age": 999, "pressure": {"value": 1, "unit": "mg"}, "secret": 1})
    found = {
        each.feature: each.count for each in told(services).problems if each.rule == "expected"
    }
    assert found == {"age": 6, "pressure": 6}
    written = "".join(each.read_text() for each in (home / FOLDER).iterdir())
    assert set(written.split()) == {"age", "pressure"}


def test_a_folder_that_cannot_be_written_refuses_no_case(tmp_path: Path) -> None:
    (tmp_path / "monitoring").write_text("in the way")
    book = RefusedFields(tmp_path, ["age"])
    book.note(["age"])
    assert not book.counts(date(2020, 1, 1))


def test_how_the_node_does_is_told_as_far_as_it_is_known(services: NodeServices) -> None:
    found = service_of(services)
    assert found.software
    assert found.requests is None
    assert found.certificate_days is None
    assert found.budget == 8.0
    assert found.budget_left == 8.0


METRICS = """\
# TYPE juntos_http_requests counter
juntos_http_requests_total{method="POST",route="/v1/predictions",status="200"} 90.0
juntos_http_requests_total{method="POST",route="/v1/predictions",status="503"} 10.0
juntos_http_requests_total{method="GET",route="/healthz",status="200"} 500.0
# TYPE juntos_http_errors counter
juntos_http_errors_total{route="/v1/predictions",status="503"} 10.0
# TYPE juntos_http_request_duration_seconds histogram
juntos_http_request_duration_seconds_bucket{method="POST",route="/v1/predictions",le="0.0025"} 60.0
juntos_http_request_duration_seconds_bucket{method="POST",route="/v1/predictions",le="0.25"} 99.0
juntos_http_request_duration_seconds_bucket{method="POST",route="/v1/predictions",le="+Inf"} 100.0
"""


def test_requests_are_read_from_the_metrics() -> None:
    assert read_metrics(METRICS) == {
        "requests": 100,
        "errors": 10,
        "median_milliseconds": 2.5,
        "slowest_milliseconds": 250.0,
    }
    assert read_metrics("")["median_milliseconds"] is None
