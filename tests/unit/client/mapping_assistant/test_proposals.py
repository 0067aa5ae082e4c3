"""Whole proposals: they load, say no patient's value, and leave what is unsure to a person."""

from __future__ import annotations

import sqlite3
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from client.mapping_assistant.opening import open_sample
from client.mapping_assistant.proposal import Proposal
from client.mapping_assistant.proposing import propose
from client.mapping_assistant.sample import Sample
from client.mapping_assistant.summary import closing_words, summary_rows
from client.mapping_assistant.writing import mapping_text
from client.sources import load_records
from client.sources.mapping import Mapping
from shared.contract import Contract, load_contract
from shared.errors import DataError, SettingsError
from shared.settings_file import parse
from tests.unit.client.small_hospital import CONTRACT

RARE, HEART = load_contract("rare_disease"), load_contract("heart_disease")
ROWS = 60
SECRET = "Garcia1957"


def table() -> pd.DataFrame:
    """A hospital's rows; a value of a single patient in every column that has room for one."""
    spread = range(ROWS)
    content = {
        "NHC": [f"{SECRET}{row}" for row in spread],
        "Apellidos": [f"{SECRET} {row}" for row in spread],
        "Fecha de nacimiento": ["1957-04-03"] * ROWS,
        "Edad": [f"{20 + row},5" for row in spread],
        "Sexo": ["H", "M"] * (ROWS // 2 - 1) + [SECRET, "M"],
        "Antecedentes familiares": ["sí", "no", "s/d"] * (ROWS // 3),
        "CK (U/L)": [f"{60 + row}" for row in spread],
        "Fenotipo": ["HP:0001250|HP:0000006"] * (ROWS - 1) + [SECRET],
        "Informe": [f"{SECRET} viene hoy a consulta por cansancio y dolor {row}" for row in spread],
        "Diagnóstico": ["NF1", "MFS", "NS"] * (ROWS // 3 - 1) + ["NF1", SECRET, "NS"],
        "cama": [f"{SECRET}-{row}" for row in spread],
        "Fecha visita": ["31/12/2023"] * ROWS,
    }
    return pd.DataFrame(content)


def proposal_of(
    cells: pd.DataFrame, folder: Path, contract: Contract = RARE
) -> tuple[Proposal, str]:
    path = folder / "pacientes.csv"
    cells.to_csv(path, index=False, sep=";", encoding="cp1252")
    sample = open_sample(str(path), folder)
    proposal = propose(contract, sample)
    return proposal, mapping_text(proposal, sample.name)


def load(text: str) -> Mapping:
    return parse(Mapping, tomllib.loads(text), "proposal")


def test_a_hospital_gets_its_mapping(tmp_path: Path) -> None:
    proposal, text = proposal_of(table(), tmp_path)
    mapping = load(text)
    assert {each.column: each.feature for each in mapping.column} == {
        "Edad": "age",
        "Sexo": "sex",
        "Antecedentes familiares": "family_history",
        "CK (U/L)": "creatine_kinase",
        "Fenotipo": "phenotypes",
        "Informe": "note",
    }
    assert (mapping.rows.patient, mapping.label.column) == ("NHC", "Diagnóstico")
    assert mapping.rows.missing == ["", "s/d"]
    source = tomllib.loads(text)["source"]
    assert (source["separator"], source["encoding"], source["decimal"]) == (";", "cp1252", ",")
    assert source["path"] == "pacientes.csv"
    assert [each.name for each in proposal.unmapped] == ["consanguinity"]
    assert set(proposal.left_out) == {"Apellidos", "Fecha de nacimiento", "Fecha visita"}
    assert proposal.unused == ["cama"]
    assert '# date = "Fecha visita"' in text
    assert '# date_format = "%d/%m/%Y"' in text


def test_the_proposal_reads_the_data(tmp_path: Path) -> None:
    cells = table().replace({SECRET: ""}).iloc[:50]
    cells["Diagnóstico"] = cells["Diagnóstico"].replace({"": "NS"})
    _, text = proposal_of(cells, tmp_path)
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    loaded = load_records(RARE, tmp_path / "mapping.toml")
    assert len(loaded.records) == len(cells)
    assert set(loaded.records.labels) == {"OMIM:162200", "OMIM:154700", "OMIM:163950"}
    assert loaded.records.table["age"].iloc[0] == 20.5


def test_no_value_of_a_patient_is_written_or_printed(tmp_path: Path) -> None:
    proposal, text = proposal_of(table(), tmp_path)
    printed = "\n".join(
        [*(" ".join(row) for row in summary_rows(proposal)), *closing_words(proposal)]
    )
    for shown in (text, printed):
        assert SECRET not in shown
        assert "1957" not in shown
        assert "cansancio" not in shown
    assert "1 more codes, of fewer than 5 rows each" in text


def test_two_columns_of_one_name_leave_a_doubt(tmp_path: Path) -> None:
    cells = table().assign(**{"Edad diagnóstico": [f"{10 + row},5" for row in range(ROWS)]})
    cells = cells.rename(columns={"Edad": "Edad ingreso"})
    proposal, text = proposal_of(cells, tmp_path)
    age = next(each for each in proposal.columns if each.feature == "age")
    assert age.others
    assert "CHECK: the column could also be" in text


def test_what_is_unsure_is_a_comment(tmp_path: Path) -> None:
    cells = table().assign(**{"Antecedentes familiares": ["alto", "bajo"] * (ROWS // 2)})
    proposal, text = proposal_of(cells, tmp_path)
    found = next(each for each in proposal.columns if each.feature == "family_history")
    assert not found.is_proposed
    assert '# column = "Antecedentes familiares"' in text
    assert "CHECK: which of 'alto', 'bajo' is yes, and which no" in text
    assert "family_history" not in {each.feature for each in load(text).column}


def test_without_a_diagnosis_a_person_is_told(tmp_path: Path) -> None:
    proposal, text = proposal_of(table().drop(columns="Diagnóstico"), tmp_path)
    assert tomllib.loads(text)["label"]["column"] == ""
    assert "Name the column of the diagnosis" in closing_words(proposal)[-1]


def test_icd_codes_ask_for_a_table(tmp_path: Path) -> None:
    codes = ["I25.1", "E11", "J45"] * (ROWS // 3)
    _, text = proposal_of(table().assign(Diagnóstico=codes), tmp_path)
    assert 'a table from ICD-10 can be named with codes_file = "FILE.csv"' in text


def test_a_column_of_units_is_used(tmp_path: Path) -> None:
    content = {
        "paciente": [str(row) for row in range(ROWS)],
        "colesterol": [f"{5 + row / 50:.2f}" if row % 2 else f"{200 + row}" for row in range(ROWS)],
        "colesterol_unidad": ["mmol/L" if row % 2 else "mg/dL" for row in range(ROWS)],
        "edad": [str(30 + row % 40) for row in range(ROWS)],
        "diagnostico": ["sano", "enfermo"] * (ROWS // 2),
    }
    _, text = proposal_of(pd.DataFrame(content), tmp_path, contract=HEART)
    (found,) = [each for each in load(text).column if each.feature == "cholesterol"]
    assert (found.unit, found.unit_column) == (None, "colesterol_unidad")
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    values = load_records(HEART, tmp_path / "mapping.toml").records.table["cholesterol"]
    assert values.between(190, 262).all()


def test_a_spreadsheet_with_a_title(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Datos"
    sheet.append(["Consulta de genética"])
    sheet.append([])
    sheet.append(["paciente", "edad", "sexo", "diagnostico"])
    for row in range(20):
        sheet.append([row + 1, 30 + row, "HM"[row % 2], ["NF1", "MFS"][row % 2]])
    book.save(tmp_path / "datos.xlsx")
    sample = open_sample(str(tmp_path / "datos.xlsx"), tmp_path)
    assert (sample.source["sheet"], sample.source["header_row"]) == ("Datos", 3)
    text = mapping_text(propose(RARE, sample), sample.name)
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    assert len(load_records(RARE, tmp_path / "mapping.toml").records) == 20


def test_a_table_of_a_database_is_asked_for_the_mapped_columns_only(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "h.db")
    table().assign(Edad=range(20, 20 + ROWS)).to_sql("visita 1", connection, index=False)
    connection.close()
    sample = open_sample("sqlite:///h.db", tmp_path, table="visita 1")
    query = propose(RARE, sample).source["query"]
    assert 'FROM "visita 1"' in query
    assert '"Edad"' in query
    assert "Apellidos" not in query
    assert "cama" not in query
    with pytest.raises(SettingsError, match="visita 1"):
        open_sample("sqlite:///h.db", tmp_path)
    with pytest.raises(SettingsError, match="There is no table 'other'"):
        open_sample("sqlite:///h.db", tmp_path, table="other")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_text_files_are_read_as_they_are_written(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    cells = table()[["NHC", "Edad", "Sexo", "Informe", "Diagnóstico"]]
    cells["Informe"] = "Niño con tos, fiebre y exantema; evolución según años"
    path = tmp_path / "pacientes.csv"
    cells.to_csv(path, index=False, sep=separator, encoding=encoding)
    sample = open_sample(str(path), tmp_path)
    assert list(sample.cells) == list(cells)
    assert sample.cells["Informe"].iloc[0] == cells["Informe"].iloc[0]
    assert sample.decimal == ","


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"edad;sexo\n", "has no rows"),
        ("a.csv", b"edad;edad\n1;2\n", "several columns named 'edad'"),
        ("a.parquet", b"PAR1 nothing", "not a Parquet file"),
        ("a.xlsx", b"nothing", "not a spreadsheet"),
        ("a.pdf", b"%PDF", "Nothing says what"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, SettingsError), match=complaint):
        open_sample(str(tmp_path / name), tmp_path)


def test_what_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        open_sample(str(tmp_path / "absent.csv"), tmp_path)


CELL = st.one_of(
    st.sampled_from(["", "1", "0", "ND", "-9", "HP:0001250", "2020-01-01", "H", "1,5", "sí"]),
    st.text(max_size=8),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=12), st.lists(CELL, min_size=7, max_size=7)),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[0],
    )
)
def test_any_table_gives_a_file_that_parses_and_fits(
    columns: list[tuple[str, list[str]]],
) -> None:
    cells = pd.DataFrame({name: values * 2 for name, values in columns}, dtype="str")
    sample = Sample(cells, {"kind": "csv", "path": "x.csv"}, "x.csv")
    text = mapping_text(propose(CONTRACT, sample), sample.name)
    content = tomllib.loads(text)
    assert content["source"] == {"kind": "csv", "path": "x.csv"}
    if content["label"]["column"] and content.get("column"):
        mapping = parse(Mapping, content, "proposal")
        assert set(mapping.local_columns) <= set(cells.columns)
