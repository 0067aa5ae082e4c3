"""Accepting a version: all of it, or nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from client.cli import app
from client.home import NodeHome, open_home
from client.sources import load_records
from shared.contract import Contract
from shared.errors import ConnectionRefusedByPeerError, JuntosError, SettingsError
from tests.unit.client.conftest import MAPPING, Coordinator
from tests.unit.server.contracts.test_store import text
from tests.unit.shared.contract_changes.versions import (
    HEART,
    TROPONIN,
    add,
    change,
    edited,
    rename_feature,
    rename_target,
)

NEXT = edited(add("feature", TROPONIN), rename_target("grade_1", "mild"), version="99.0.0")
RENAMED = edited(rename_feature("age", "years_of_life"), version="99.0.0")
NOT_FITTING = edited(add("identifying_fields", "years"), version="99.0.0")
OLDER = edited(change("age", unit="mo"), version="0.9.0")


def run(home: NodeHome, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["contract", *arguments, "--home", str(home.path)])
    if isinstance(result.exception, JuntosError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def state_of(home: NodeHome) -> dict[str, bytes]:
    files = [path for path in home.path.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


def test_a_version_is_shown_compared_and_accepted(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    settings = node_home.path / "node.toml"
    settings.write_text("# ours\n" + settings.read_text() + "# and this\n")
    coordinator.publish(text(NEXT))
    assert HEART.version in run(node_home, "show")
    said = run(node_home, "diff")
    assert "feature troponin: new" in said
    assert 'feature = "troponin"' in said
    assert open_home(node_home.path).contract() == HEART

    said = run(node_home, "accept")
    assert "from now on" in said
    assert 'feature = "troponin"' in said
    assert coordinator.accepted == [NEXT.hash]
    again = open_home(node_home.path)
    assert again.contract() == NEXT
    assert settings.read_text().startswith("# ours\n")
    assert settings.read_text().endswith("# and this\n")
    assert (node_home.path / "contract.toml").is_file()
    assert "troponin" in run(node_home, "show")


def test_a_second_time_only_the_coordinator_is_told(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text(NEXT))
    run(node_home, "accept")
    before = state_of(node_home)
    assert "the coordinator knows" in run(node_home, "accept")
    assert state_of(node_home) == before
    assert coordinator.accepted == [NEXT.hash, NEXT.hash]


def test_data_of_before_are_read_under_new_names(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text(NEXT))
    run(node_home, "accept")
    home = open_home(node_home.path)
    # "grade_1" stands in the hospital's file.
    loaded = load_records(home.contract(), home.mapping_file)
    assert loaded.records.labels.tolist() == ["none", "mild"]
    assert "troponin" in loaded.unmapped_features


def test_a_renamed_feature_is_read_by_its_old_line(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text(RENAMED))
    assert "nothing is to do" in run(node_home, "diff")
    run(node_home, "accept")
    loaded = load_records(open_home(node_home.path).contract(), node_home.mapping_file)
    assert loaded.records.table["years_of_life"].tolist() == [63.0, 58.0]


@pytest.mark.parametrize("version", [NOT_FITTING, OLDER])
def test_what_does_not_fit_is_refused_and_nothing_changes(
    node_home: NodeHome, coordinator: Coordinator, version: Contract
) -> None:
    coordinator.publish(text(version))
    before = state_of(node_home)
    with pytest.raises(SettingsError) as caught:
        run(node_home, "accept")
    assert caught.value.fix
    assert state_of(node_home) == before
    assert coordinator.accepted == []


def test_another_mapping_may_come_with_the_version(
    node_home: NodeHome, coordinator: Coordinator, tmp_path: Path
) -> None:
    coordinator.publish(text(NOT_FITTING))
    assert "does not fit yet" in run(node_home, "diff")
    better = tmp_path / 'better "mapping".toml'
    better.write_text(MAPPING.replace('column = "years"', 'column = "age_in_years"'))
    run(node_home, "accept", "--mapping", str(better))
    assert open_home(node_home.path).mapping_file == better


def test_a_version_that_the_coordinator_did_not_sign_is_refused(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text(NEXT))
    assert coordinator.offer is not None
    coordinator.offer = coordinator.offer.signed_by(Ed25519PrivateKey.generate())
    before = state_of(node_home)
    for command in ("diff", "accept"):
        with pytest.raises(ConnectionRefusedByPeerError, match="coordinator signed"):
            run(node_home, command)
    assert state_of(node_home) == before


def test_a_refusal_is_told_in_the_coordinators_words(
    node_home: NodeHome, coordinator: Coordinator
) -> None:
    coordinator.publish(text(NEXT))
    coordinator.refusal = (401, json.dumps({"detail": "Who are you?", "fix": "Join."}))
    with pytest.raises(ConnectionRefusedByPeerError, match="Who are you"):
        run(node_home, "accept")


def test_programs_read_the_difference(node_home: NodeHome, coordinator: Coordinator) -> None:
    coordinator.publish(text(NEXT))
    found = json.loads(run(node_home, "diff", "--json"))
    assert found["mapping"] == {"complaint": "", "unmapped": ["troponin"]}
    assert {each["level"] for each in found["changes"]} == {"minor"}
    assert json.loads(run(node_home, "show", "--json"))["name"] == "heart_disease"
