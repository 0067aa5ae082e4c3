from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from client.checking import CheckResult, exit_code, refuse_failed_offline_checks, run_checks
from client.cli import SHOWN_PROBLEMS, app, print_results
from client.home import NodeHome
from server.enrolment.certificates import create_authority
from shared.errors import DataError
from tests.unit.client.conftest import Coordinator
from tests.unit.server.contracts.test_store import text as text_of
from tests.unit.shared.contract_changes.versions import TROPONIN, add, edited

ALL = [
    "folder",
    "keys",
    "certificate",
    "privacy",
    "contract",
    "mapping",
    "data",
    "database",
    "disk",
    "model",
    "port",
    "proxy",
    "name",
    "network",
    "coordinator",
    "clock",
    "membership",
    "version",
]


def checked(home: NodeHome) -> dict[str, CheckResult]:
    return {each.name: each for each in run_checks(home.path)}


def problem(home: NodeHome) -> CheckResult:
    """Return the only problem."""
    results = run_checks(home.path)
    found = [each for each in results if each.state == "problem"]
    assert len(found) == 1
    assert found[0].fix
    assert exit_code(results) == found[0].exit_code
    return found[0]


def test_all_is_well(node_home: NodeHome) -> None:
    results = run_checks(node_home.path)
    assert [(each.name, each.state) for each in results] == [(name, "ok") for name in ALL]
    assert exit_code(results) == 0
    assert checked(node_home)["data"].text == "2 of 2 rows are good"


def test_no_folder_means_nothing_else_is_tried(node_home: NodeHome) -> None:
    shutil.rmtree(node_home.path)
    states = [each.state for each in run_checks(node_home.path)]
    assert states == ["problem"] + ["not checked"] * (len(ALL) - 1)


def test_an_absent_file_is_named(node_home: NodeHome) -> None:
    node_home.private_key.unlink()
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("folder", 2)
    assert "keys/node is missing" in found.text


def test_a_key_others_can_read_is_a_problem(node_home: NodeHome) -> None:
    node_home.private_key.chmod(0o640)
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("keys", 2)
    assert found.fix.startswith("Run: chmod")


def test_an_expired_certificate_is_a_problem(
    node_home: NodeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from client import node_checks

    class Later(node_checks.datetime):
        @classmethod
        def now(cls, tz: object = None) -> node_checks.datetime:
            return super().now(node_checks.UTC) + timedelta(days=366)

    monkeypatch.setattr(node_checks, "datetime", Later)
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("certificate", 6)


def test_a_changed_contract_is_a_problem(node_home: NodeHome) -> None:
    text = node_home.contract_file.read_text()
    node_home.contract_file.write_text(text.replace("maximum = 120", "maximum = 121", 1))
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("contract", 2)
    assert checked(node_home)["data"].state == "not checked"


def test_bad_data_are_a_problem_with_their_places_and_without_their_values(
    node_home: NodeHome,
) -> None:
    (node_home.path / "patients.csv").write_text("years,diagnosis\n63,none\n981,none\n")
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("data", 5)
    assert "row 3" in found.problems[0]
    assert "981" not in str(found)
    with pytest.raises(DataError):
        refuse_failed_offline_checks(node_home.path)


def test_a_name_that_sounds_identifying_deserves_attention_and_stops_nothing(
    node_home: NodeHome,
) -> None:
    for file in (node_home.mapping_file, node_home.path / "patients.csv"):
        file.write_text(file.read_text().replace("years", "telefono"))
    result = CliRunner().invoke(app, ["check", "--home", str(node_home.path)])
    assert result.exit_code == 0
    assert "column 'telefono' sounds like a telephone number" in result.output
    found = checked(node_home)
    assert (found["mapping"].state, found["data"].state) == ("attention", "ok")
    refuse_failed_offline_checks(node_home.path)


def test_a_mapping_that_does_not_fit_is_one_problem(node_home: NodeHome) -> None:
    mapping = node_home.mapping_file
    mapping.write_text(mapping.read_text().replace('"years"', '"Date of  birth"'))
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("mapping", 2)
    assert checked(node_home)["data"].state == "not checked"


def test_the_key_of_pseudonyms_is_its_owners_only_and_stays(node_home: NodeHome) -> None:
    checked(node_home)
    key = node_home.patient_key_file
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    checked(node_home)
    assert key.read_bytes() == before
    key.chmod(0o644)
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("data", 2)


def test_rows_that_were_set_aside_are_counted(node_home: NodeHome) -> None:
    mapping = node_home.mapping_file
    mapping.write_text(
        mapping.read_text().replace("[label]", '[rows]\nbad_rows="set_aside"\n[label]')
    )
    (node_home.path / "patients.csv").write_text("years,diagnosis\n63,none\n981,none\n")
    assert checked(node_home)["data"].text == "1 of 2 rows are good; 1 set aside"


def test_a_coordinator_that_is_away_is_a_problem(node_home: NodeHome, closed_port: int) -> None:
    file = node_home.path / "node.toml"
    old = node_home.settings.coordinator
    file.write_text(file.read_text().replace(old, f"127.0.0.1:{closed_port}"))
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("network", 6)
    states = checked(node_home)
    assert {states[name].state for name in ("coordinator", "clock", "version")} == {"not checked"}
    refuse_failed_offline_checks(node_home.path)


def test_another_authority_is_a_problem(node_home: NodeHome) -> None:
    node_home.authority_certificate.write_text(create_authority("Other").certificate_pem)
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("coordinator", 6)
    assert "not this federation's coordinator" in found.text


@pytest.mark.parametrize(
    ("seconds", "right"), [(3, True), (-8, False), (290, True), (320, False), (-600, False)]
)
def test_the_clock_may_be_behind_but_hardly_ahead(
    node_home: NodeHome, coordinator: Coordinator, seconds: int, right: bool
) -> None:
    coordinator.clock_ahead = timedelta(seconds=seconds)
    assert checked(node_home)["clock"].state == ("ok" if right else "problem")


def test_another_version_of_the_contract_waits(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text_of(edited(add("feature", TROPONIN), version="99.0.0")))
    results = run_checks(node_home.path)
    assert exit_code(results) == 0
    found = results[-1]
    assert (found.name, found.state) == ("version", "attention")
    assert "contract 99.0.0 waits" in found.text
    assert found.problems[0].startswith("feature troponin: new")
    assert "juntos node contract diff" in found.fix


def test_an_older_version_of_the_contract_is_a_problem(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text_of(edited(version="0.0.1")))
    found = problem(node_home)
    assert (found.name, found.exit_code) == ("version", 2)


def test_the_command_prints_the_fix_and_ends_with_the_code(node_home: NodeHome) -> None:
    node_home.private_key.chmod(0o640)
    result = CliRunner().invoke(app, ["check", "--home", str(node_home.path)])
    assert result.exit_code == 2
    assert "fix: Run: chmod" in result.output
    lines = result.output.splitlines()[:12]
    assert len({line.index(state) for line, state in zip(lines[1:], STATES, strict=True)}) == 1


STATES = ["ok", "problem", *["ok"] * 9]


def test_the_command_prints_json(node_home: NodeHome) -> None:
    result = CliRunner().invoke(app, ["check", "--json", "--home", str(node_home.path)])
    assert result.exit_code == 0
    assert [each["check"] for each in json.loads(result.output)] == [*ALL, "coverage"]


def test_what_was_found_about_the_file_is_shown_for_a_second_look(node_home: NodeHome) -> None:
    mapping = node_home.mapping_file
    mapping.write_text(mapping.read_text().replace("[label]", 'encoding = "auto"\n[label]'))
    found = checked(node_home)["data"]
    assert (found.state, found.text) == ("attention", "2 of 2 rows are good")
    assert found.problems[0].startswith("patients.csv was read as utf-8")


def test_a_person_is_shown_the_first_problems(
    node_home: NodeHome, capsys: pytest.CaptureFixture[str]
) -> None:
    (node_home.path / "patients.csv").write_text("years,diagnosis\n" + "old,none\n" * 50)
    print_results([problem(node_home)])
    lines = capsys.readouterr().out.splitlines()
    assert sum("expected a number" in line for line in lines) == SHOWN_PROBLEMS
    assert "  ... and 30 more; --json lists them" in lines
