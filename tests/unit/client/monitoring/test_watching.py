"""A window of answers against the training reference, and against confirmed diagnoses."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from typer.testing import CliRunner

from client.cli import app
from client.confirmations import Confirmation, Confirmations
from client.monitoring.kept_findings import keep, kept
from client.monitoring.noise import NOISED_BINS, reference_noise
from client.monitoring.performance import estimate
from client.monitoring.settings import MonitoringSettings
from client.monitoring.watching import watch
from client.monitoring.window import last_window, window_summary
from client.serving.services import NodeServices
from shared.drift import compare_summaries
from shared.errors import SettingsError
from shared.privacy import summary_vector
from shared.run_settings import run_settings
from shared.statistics import merge_summaries
from tests.unit.client.monitoring.conftest import SETTINGS, Ask, changed, usual_cases
from tests.unit.client.serving.bundles import CONTRACT


def test_usual_patients_are_steady(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(250))
    found = watch(services, SETTINGS)
    assert (found.rows, found.state, found.drifted) == (250, "steady", [])
    assert found.reference_rows == 160
    assert {each.feature for each in found.drift if each.feature} == set(CONTRACT.features)


def test_few_answers_get_no_verdict(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(40))
    found = watch(services, SETTINGS)
    assert (found.rows, found.state) == (40, "insufficient")
    assert {each.state for each in found.drift} == {"insufficient"}


def test_nothing_asked_yet_is_no_error(services: NodeServices) -> None:
    found = watch(services, SETTINGS)
    assert (found.rows, found.state, found.estimate) == (0, "insufficient", None)


def test_a_sick_column_is_named(services: NodeServices, ask: Ask) -> None:
    ask(changed(usual_cases(250), pressure=None, age=95.0))
    found = watch(services, SETTINGS)
    drifted = {(each.feature, each.part) for each in found.drifted}
    assert {("pressure", "missing"), ("age", "values")} <= drifted
    # What is derived from them goes with them; nothing else.
    assert set(found.drifted_features) <= {"pressure", "age", "double_product", "old"}
    assert found.state == "attention"


def test_a_patient_counts_once_and_as_asked_last(services: NodeServices, ask: Ask) -> None:
    cases = usual_cases(3)
    ask(cases, patient="the same")
    last = ask(usual_cases(1, seed=4), patient="the same")
    window = last_window(services.audit, services.store.active, SETTINGS)
    assert [each.id for each in window.answers] == [last[0].id]


def test_only_the_time_asked_for_is_looked_at(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(5))
    later = datetime.now(UTC) + timedelta(days=SETTINGS.window_days + 1)
    assert watch(services, SETTINGS, now=later).rows == 0


def test_the_summary_merges_and_holds_counts_alone(services: NodeServices, ask: Ask) -> None:
    ask(usual_cases(30))
    model = services.store.active
    found = window_summary(services.audit, model, SETTINGS)
    found.check(model.contract)
    both = merge_summaries([found, found])
    assert (found.rows, both.rows) == (30, 60)
    assert compare_summaries(model.contract, model.parts.summary, both)


def test_recall_below_what_was_asked(services: NodeServices, ask: Ask) -> None:
    answers = ask(usual_cases(40))
    confirmations = Confirmations(services.audit, services.contract)
    confirmations.write(
        [
            Confirmation(code="grade_2", who="ada", prediction=each.id, date="2026-11-25")
            for each in answers
        ]
    )
    asked = SETTINGS.model_copy(update={"recall_of": {"grade_2": 0.99}})
    [recall] = watch(services, asked).confirmed.recall
    assert (recall.code, recall.confirmed, recall.state) == ("grade_2", 40, "low")
    assert watch(services, asked).low_recall == ["grade_2"]
    strict = asked.model_copy(update={"least_confirmed": 50})
    assert watch(services, strict).low_recall == []
    assert watch(services, SETTINGS).confirmed.recall[0].state == "ok"


def test_the_estimate_is_the_accuracy_where_probabilities_are_true() -> None:
    """Over many windows, the accuracy is within the stated interval in 95 of a hundred."""
    generator = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        probabilities = generator.dirichlet([0.6, 0.4, 0.3], 200)
        truth = [generator.choice(3, p=row) for row in probabilities]
        accuracy = float(np.mean(probabilities.argmax(axis=1) == truth))
        found = estimate(probabilities, None, 100)
        assert found is not None
        inside += found.low <= accuracy <= found.high
    assert 0.92 <= inside / 300 <= 0.98


def test_a_fall_of_the_estimate_is_found_and_equal_windows_alarm_rarely() -> None:
    generator = np.random.default_rng(4)
    sure, unsure = [6.0, 0.5, 0.5], [4.0, 1.0, 1.0]
    first = generator.dirichlet(sure, 400)
    fallen = estimate(generator.dirichlet(unsure, 400), first, 200)
    assert fallen is not None
    assert fallen.state == "fallen"
    same = [estimate(generator.dirichlet(sure, 400), first, 200) for _ in range(100)]
    assert sum(each is not None and each.state == "fallen" for each in same) <= 8
    early = estimate(first[:50], first, 200)
    assert early is not None
    assert early.state == "insufficient"


def test_noise_of_a_private_reference() -> None:
    """As the sum over hospitals adds it up; none without a guarantee."""
    assert NOISED_BINS == summary_vector.BINS
    plain = run_settings({}, [], "test")
    assert reference_noise(CONTRACT, plain, "neural_network") == 0
    private = run_settings(
        {"privacy": {"guarantee": "differential", "epsilon": 2.0}, "minimum_hospitals": 4},
        [],
        "test",
    )
    more = run_settings(
        {"privacy": {"guarantee": "differential", "epsilon": 8.0}, "minimum_hospitals": 4},
        [],
        "test",
    )
    found = reference_noise(CONTRACT, private, "neural_network")
    assert found > reference_noise(CONTRACT, more, "neural_network") > 1


def test_what_was_found_is_kept(home: Path, services: NodeServices, ask: Ask) -> None:
    assert kept(home) is None
    ask(usual_cases(20))
    found = watch(services, SETTINGS)
    keep(home, found)
    assert kept(home) == found
    (home / "monitoring" / "findings.json").write_text("{}")
    assert kept(home) is None


def test_from_the_command_line(home: Path, services: NodeServices, ask: Ask) -> None:
    ask(changed(usual_cases(220), pain="other", phenotypes=("HP:0001083",)))
    chosen = {"least_rows": 100, "window_rows": 300}
    (home / "monitoring.toml").write_text(tomli_w.dumps(chosen))
    run = CliRunner().invoke(app, ["drift", "--home", str(home), "--exit-code"])
    assert run.exit_code == 10, run.output
    assert "Pain (values)" in run.output
    page = (home / "monitoring" / "drift.html").read_text()
    assert "Lo que cambió" in page
    assert "Ectopia lentis" in page
    rows = list(csv.DictReader((home / "monitoring" / "tables" / "comparisons.csv").open()))
    assert {each["State"] for each in rows} >= {"Drifted", "Steady"}
    as_json = CliRunner().invoke(app, ["drift", "--home", str(home), "--json"])
    assert as_json.exit_code == 0
    assert json.loads(as_json.stdout)["rows"] == 220


def test_settings_that_cannot_be_used_are_named(home: Path, services: NodeServices) -> None:
    (home / "monitoring.toml").write_text('window_rows = "many"\n')
    with pytest.raises(SettingsError, match="window_rows"):
        watch(services)
    assert MonitoringSettings().least_rows == 200
