"""The page and the table: what a clinician sees, with row numbers and no values."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from client.cli import app
from client.data_quality.asking_models import Asked
from client.data_quality.checks import find_all
from client.data_quality.report import TITLES, write_report
from client.home import NodeHome
from shared.errors import SettingsError
from tests.unit.client.data_quality.clean_hospital import clean_table, read
from tests.unit.client.data_quality.injections import INJECTIONS


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    table = clean_table()
    for injection in INJECTIONS[::5]:
        injection.inject(table, np.random.default_rng(3))
    return Asked(read(tmp_path, table), "none")


def test_the_page_begins_with_the_answer_in_both_languages(asked: Asked, tmp_path: Path) -> None:
    findings = find_all(asked.rows)
    page = write_report(tmp_path / "out", "San Juan", "patients.csv", asked, findings)
    text = page.read_text(encoding="utf-8")
    rows = len({row for each in findings for row in each.rows})
    assert f"{rows} of 600 records have at least one question." in text
    assert f"{rows} de 600 registros tienen al menos una pregunta." in text
    assert text.index("at least one question") < text.index("<table")
    assert "src=" not in text
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", text)
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"quality.html", "quality.csv"}


def test_the_table_has_every_row_with_its_question(asked: Asked, tmp_path: Path) -> None:
    findings = find_all(asked.rows)
    write_report(tmp_path / "out", "San Juan", "patients.csv", asked, findings)
    with (tmp_path / "out" / "quality.csv").open(encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert tuple(header) == TITLES
    assert len(lines) == sum(each.count for each in findings)
    assert all(line[0] and line[2].isdigit() and line[-1].endswith((".", "?")) for line in lines)


def test_the_same_data_give_the_same_bytes(asked: Asked, tmp_path: Path) -> None:
    contents = []
    for name in ("first", "second"):
        write_report(tmp_path / name, "San Juan", "x.csv", asked, find_all(asked.rows))
        contents.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert contents[0] == contents[1]


def test_nothing_found_is_an_answer_too(tmp_path: Path) -> None:
    clean = Asked(read(tmp_path, clean_table()), "none")
    page = write_report(tmp_path / "out", "San Juan", "x.csv", clean, [])
    assert "Nothing in 600 records needs a second look." in page.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_report(tmp_path / "file", "San Juan", "x.csv", asked, [])


def test_the_command_ends_with_0_whatever_it_finds(node_home: NodeHome, tmp_path: Path) -> None:
    lines = ["years,diagnosis", *(f"{40 + each},none" for each in range(12)), "640,grade_1"]
    (node_home.path / "patients.csv").write_text("\n".join(lines) + "\n")
    command = ["quality", "--home", str(node_home.path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "1 value of years is outside 0 to 120 a." in result.output
    assert (tmp_path / "out" / "quality.html").is_file()
    as_json = CliRunner().invoke(app, [*command, "--json", "--no-models"])
    assert '"kind": "impossible_value"' in as_json.output
