"""`juntos node map` from the command line: what it writes, prints and refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.cli import app
from client.home import NodeHome
from client.mapping_assistant.commands import map_source
from client.sources.template import mapping_template
from shared.contract import load_contract
from shared.errors import JuntosError, SettingsError

PATIENTS = "paciente;edad;sexo;diagnostico\n" + "".join(
    f"{1000 + row};{40 + row};{'HM'[row % 2]};{['sano', 'enfermo'][row % 2]}\n" for row in range(20)
)


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    path = tmp_path / "pacientes.csv"
    path.write_text(PATIENTS, encoding="utf-8")
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["map", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_becomes_a_mapping_and_a_table_of_what_was_seen(
    patients: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "mapping.toml"
    printed = run(str(patients), "--contract", "heart_disease", "--out", str(out))
    content = tomllib.loads(out.read_text(encoding="utf-8"))
    assert content["source"]["path"] == str(patients)
    assert {each["feature"] for each in content["column"]} == {"age", "sex"}
    assert content["label"]["codes"]["sano"] == "none"
    lines = printed.splitlines()
    assert lines[0].split() == ["feature", "column", "how", "sure", "seen"]
    assert any(line.split()[:3] == ["sex", "sexo", "sure"] for line in lines)
    assert "2 of 13 features have a column." in printed
    assert out.stat().st_mode & 0o077 == 0


def test_a_file_is_replaced_only_by_force(patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "mapping.toml"
    out.write_text("mine", encoding="utf-8")
    arguments = [str(patients), "--contract", "heart_disease", "--out", str(out)]
    with pytest.raises(SettingsError, match="exists"):
        run(*arguments)
    assert out.read_text(encoding="utf-8") == "mine"
    run(*arguments, "--force")
    assert tomllib.loads(out.read_text(encoding="utf-8"))["label"]["column"] == "diagnostico"


def test_a_node_knows_its_contract_and_its_untouched_template(
    patients: Path, node_home: NodeHome
) -> None:
    node_home.mapping_file.write_text(mapping_template(node_home.contract()), encoding="utf-8")
    run(str(patients), "--home", str(node_home.path))
    assert tomllib.loads(node_home.mapping_file.read_text())["label"]["column"] == "diagnostico"
    with pytest.raises(SettingsError, match="exists"):
        run(str(patients), "--home", str(node_home.path))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["absent.csv", "--contract", "heart_disease"], "does not exist"),
        (["PATIENTS", "--contract", "nothing"], "no contract"),
        (["PATIENTS"], "not a node's folder"),
        (["PATIENTS", "--contract", "heart_disease", "--query", "select 1"], "of a database"),
        (["sqlite:///absent.db", "--contract", "heart_disease"], "does not exist"),
        (
            ["nonsense://x", "--contract", "heart_disease", "--query", "select 1"],
            "source.url|driver",
        ),
    ],
)
def test_what_is_refused_leaves_no_file(
    patients: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [str(patients) if each == "PATIENTS" else each for each in arguments]
    with pytest.raises(JuntosError, match=complaint):
        run(*given)
    assert not (tmp_path / "mapping.toml").exists()


def test_data_of_something_else_are_not_mapped(tmp_path: Path) -> None:
    path = tmp_path / "beds.csv"
    path.write_text("bed,floor\n" + "".join(f"{row},q{row}\n" for row in range(9)))
    with pytest.raises(SettingsError, match=r"No column of beds\.csv looks like anything"):
        map_source(str(path), contract="rare_disease", out=tmp_path / "m.toml", home=tmp_path)


def test_the_contract_of_the_template_is_the_nodes(node_home: NodeHome) -> None:
    assert node_home.contract().hash == load_contract("heart_disease").hash
