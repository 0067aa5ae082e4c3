"""`juntos coordinator contract` as people use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from server.cli import app
from server.database import hospitals
from server.home import CoordinatorHome, open_home
from shared.contract import Contract
from shared.contract_changes.version_rule import next_version
from shared.errors import SettingsError
from tests.unit.server.contracts.test_store import text
from tests.unit.shared.contract_changes.versions import (
    EFFORT,
    HEART,
    TROPONIN,
    add,
    change,
    edited,
)

MINOR = next_version(HEART.version, "minor")
MAJOR = next_version(HEART.version, "major")


@pytest.fixture
def joined(home: CoordinatorHome) -> CoordinatorHome:
    """A federation that lyon and oslo joined."""
    with home.engine().begin() as connection:
        for node, name in enumerate(["lyon", "oslo"], 1):
            values = {"token_hash": "x", "token_expires_at": "x", "enrolled_at": "x"}
            connection.execute(
                insert(hospitals).values(name=name, node_id=str(node), joined_at="x", **values)
            )
    return home


def run(home: CoordinatorHome, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["contract", *arguments, "--home", str(home.path)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def written(folder: Path, contract: Contract) -> str:
    path = folder / f"{contract.version}.toml"
    path.write_text(text(contract))
    return str(path)


def test_a_version_is_proposed_looked_at_and_published(
    joined: CoordinatorHome, tmp_path: Path
) -> None:
    new = edited(add("feature", TROPONIN), add("derived", EFFORT), version=MINOR)
    file = written(tmp_path, new)
    said = run(joined, "propose", file)
    assert f"{HEART.version} -> {MINOR}" in said
    assert "map a column to troponin" in said
    assert open_home(joined.path).contract().hash == HEART.hash

    compared = json.loads(run(joined, "diff", "current", MINOR, "--json"))
    assert compared["level"] == "minor"
    assert {each["reading"] for each in compared["changes"]} == {"missing", "computed"}

    said = run(joined, "publish", MINOR)
    assert "Runs leave out lyon, oslo" in said
    assert open_home(joined.path).contract().hash == new.hash
    joined.contracts().accept("oslo", new.hash)
    listed = json.loads(run(joined, "list", "--json"))
    assert [(each["state"], each["accepted"]) for each in listed] == [
        ("earlier", ["lyon"]),
        ("current", ["oslo"]),
    ]
    assert "oslo" in run(joined, "list")


@pytest.mark.parametrize("command", ["propose", "publish"])
def test_a_number_that_says_something_else_is_refused_with_the_right_one(
    joined: CoordinatorHome, tmp_path: Path, command: str
) -> None:
    file = written(tmp_path, edited(change("age", unit="mo"), version=MINOR))
    with pytest.raises(SettingsError) as caught:
        run(joined, command, file)
    assert caught.value.fix == f'Write version = "{MAJOR}".'
    assert "feature age: in mo instead of a" in caught.value.what
    assert len(joined.contracts().all()) == 1


def test_the_current_version_cannot_be_published_again(
    joined: CoordinatorHome, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="is the current version"):
        run(joined, "publish", written(tmp_path, HEART))


def test_an_expression_that_is_wrong_is_shown_with_its_place(
    joined: CoordinatorHome, tmp_path: Path
) -> None:
    wrong = text(edited(add("derived", EFFORT), version=MINOR)).replace("- age)", "- agee)")
    (tmp_path / "wrong.toml").write_text(wrong)
    with pytest.raises(SettingsError, match=r"line 1, column 29: there is no feature 'agee'"):
        run(joined, "propose", str(tmp_path / "wrong.toml"))


def test_what_is_no_contract_is_named(joined: CoordinatorHome, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no contract 'nothing'"):
        run(joined, "diff", "current", "nothing")
    (tmp_path / "latin").write_bytes("descripción".encode("latin-1"))
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        run(joined, "propose", str(tmp_path / "latin"))
