"""Real SuperLink, real SuperNodes, TLS and node keys: the whole way, and what goes wrong on it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from shared.bundle import read_bundle
from shared.contract import Contract
from tests.conftest import learnable_records
from tests.end_to_end.conftest import (
    HOSPITALS,
    Federation,
    join,
    run_anyway,
    spoiled,
)

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


def test_a_run_trains_registers_and_reports(federation: Federation) -> None:
    process = federation.start_training()
    output, progress = process.communicate(timeout=600)
    assert process.returncode == 0, progress
    result = json.loads(output.splitlines()[-1])
    assert result["status"] == "completed"
    assert {each["name"]: each["rows"] for each in result["hospitals"]} == HOSPITALS
    for name in ("neural_network", "boosted_trees", "random_forest"):
        assert result["models"][name]["federated"]["overall"]["group"]["auc"] > 0.7
        assert set(result["models"][name]["local"]["by_hospital"]) == set(HOSPITALS)
        assert result["registered"][name]["version"] == "1"
        assert read_bundle(Path(result["bundles"][name])).run == result["run"]
    assert "Neural network, round 4 of 4" in progress
    assert "Boosted trees, 5 iterations" in progress
    run = federation.runs()[-1]
    assert {len(each["answered"]) for each in run["rounds"]} == {4}
    of_trees = [each["number"] for each in run["rounds"] if each["question"] == "query.grow"]
    assert sorted(set(of_trees)) == [1, 2, 3, 4, 5]


def test_hospitals_tell_what_their_data_are_like(federation: Federation, tmp_path: Path) -> None:
    home = ("--home", str(federation.coordinator), "--out", str(tmp_path / "out"))
    explored = run_anyway("coordinator", "explore", *home, "--json")
    assert explored.returncode == 0, explored.stderr
    found = json.loads(explored.stdout.splitlines()[-1])
    assert found["patients"] == HOSPITALS
    assert set(found["classes"]["none"]) == set(HOSPITALS)
    assert "340 patients" in Path(found["report"]).read_text(encoding="utf-8")
    run = federation.runs()[-1]
    assert [each["question"] for each in run["rounds"]] == ["query.explore"]
    noise = ("--set", 'privacy.guarantee="differential"', "--set", "privacy.epsilon=5")
    noised = run_anyway("coordinator", "explore", *home, *noise)
    assert noised.returncode == 0, noised.stderr
    assert "4 hospitals together have about" in noised.stdout
    asked = {each["question"] for each in federation.runs()[-1]["rounds"]}
    assert asked == {"query.keys", "query.sum"}


def test_a_killed_node_is_left_out_and_the_run_goes_on(federation: Federation) -> None:
    slow = ("--set", "neural_network.rounds=20", "--set", "neural_network.local_epochs=1000")
    process = federation.start_training(*slow, "--set", 'models=["neural_network"]')
    wait_for_round(federation, 2)
    west = psutil.Process(federation.services.processes["west"].pid)
    for victim in [*west.children(recursive=True), west]:
        victim.kill()
    output, progress = process.communicate(timeout=800)
    assert process.returncode == 8, progress
    result = json.loads(output.splitlines()[-1])
    assert result["status"] == "partial"
    assert list(result["left_out"]) == ["west"]
    assert set(result["models"]["neural_network"]["federated"]["by_hospital"]) == {
        "north",
        "south",
        "east",
    }
    assert "left out: west" in progress
    assert "west" in federation.runs()[-1]["message"]


def wait_for_round(federation: Federation, number: int) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        _, rounds = federation.newest_rounds()
        if rounds and rounds[-1].number >= number:
            return
        time.sleep(0.1)
    pytest.fail("the run did not get that far")


def test_bad_records_are_named_by_place_and_never_by_value(
    federation: Federation, contract: Contract
) -> None:
    records = learnable_records(contract, 30, 9)
    mapping = spoiled(records, federation.root / "data" / "spoiled", contract)
    node = join(federation.root, "spoiled", mapping)
    checked = run_anyway("node", "check", "--home", str(node))
    assert checked.returncode == 5
    said = checked.stdout + checked.stderr
    assert "row 5" in said
    assert "row 7" in said
    assert "'age'" in said
    assert "'chest_pain'" in said
    assert "987" not in said
    assert "sentinel_code" not in said
    served = run_anyway("node", "serve", "--home", str(node))
    assert served.returncode == 5


def test_a_wrong_certificate_is_refused(federation: Federation, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert (
        run_anyway(
            "coordinator",
            "init",
            str(other),
            "--name",
            "other",
            "--address",
            "127.0.0.1:1",
            "--contract",
            "heart_disease",
        ).returncode
        == 0
    )
    authority = federation.node("north") / "ca.crt"
    original = authority.read_bytes()
    authority.write_bytes((other / "pki" / "ca.crt").read_bytes())
    try:
        checked = run_anyway("node", "check", "--home", str(federation.node("north")))
    finally:
        authority.write_bytes(original)
    assert checked.returncode == 6
    assert "certificate" in (checked.stdout + checked.stderr).lower()


def test_a_token_works_once(federation: Federation, tmp_path: Path) -> None:
    kit = federation.root / "north.kept.kit.toml"
    node = tmp_path / "second"
    joined = run_anyway("node", "join", str(kit), "--home", str(node))
    assert joined.returncode == 6
    assert not node.exists()
