"""Columns that identify a patient are never loaded, from any source, however they are spelt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from client.sources import load_records
from client.sources.codes import normalise_name
from client.sources.identifying_names import what_it_identifies
from client.sources.mapping import Mapping, load_mapping
from client.sources.mapping_warnings import mapping_warnings
from client.sources.raw_table import one_table
from client.sources.reading import open_source
from shared.contract import load_contract, shipped_contracts
from shared.errors import DataError, SettingsError
from tests.unit.client.small_hospital import (
    CONTRACT,
    ROWS,
    SENTINEL,
    column_of,
    mapping,
    write,
    write_mapping,
    write_parquet,
    write_sqlite,
)

FORBIDDEN = CONTRACT.model_copy_checked(identifying_fields=["last_name", "Fecha nacimiento", "tel"])
SPELLINGS = ["last_name", "LAST NAME", "lastName", "Last-Náme", "FECHA_NACIMIENTO", "Tél."]
WRITERS: dict[str, Callable[..., Path]] = {
    "csv": lambda folder, table, content: write(folder, content, table.to_dict("list")),
    "parquet": write_parquet,
    "sql": write_sqlite,
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_source_does_not_load_an_identifying_column(tmp_path: Path, kind: str, name: str) -> None:
    table = pd.DataFrame(ROWS).rename(columns={"Last Name": name})
    path = WRITERS[kind](tmp_path, table, mapping())
    loaded = load_mapping(path)
    cells = one_table(open_source(loaded, tmp_path).batches(loaded.local_columns)).cells
    assert name not in cells
    assert SENTINEL not in cells.to_csv()
    assert SENTINEL not in load_records(FORBIDDEN, path).records.table.to_csv()


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("feature", ["note", "pressure", "phenotypes"])
def test_a_mapping_cannot_have_it_loaded(
    tmp_path: Path, kind: str, name: str, feature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame(ROWS).rename(columns={"Last Name": name})
    content = mapping()
    column_of(content, feature)["column"] = name
    path = WRITERS[kind](tmp_path, table, content)
    opened: list[object] = []
    monkeypatch.setattr("client.sources.loading.open_source", lambda *_: opened.append(1))
    with pytest.raises(SettingsError, match="identifies a patient"):
        load_records(FORBIDDEN, path)
    assert not opened


def test_a_parquet_cell_with_parts_is_refused_since_any_of_them_may_be_a_name(
    tmp_path: Path,
) -> None:
    table = pd.DataFrame(ROWS)
    table["letter"] = [{"last_name": SENTINEL, "text": "tired"}] * 4
    path = write_parquet(tmp_path, table)
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    problem = next(each for each in caught.value.problems if each.expected.startswith("a column"))
    assert (problem.row, problem.column) == (None, "letter")
    loaded = load_mapping(path)
    assert (
        "letter" not in one_table(open_source(loaded, tmp_path).batches(loaded.local_columns)).cells
    )
    table["letter"] = [[{"last_name": SENTINEL}]] * 4
    with pytest.raises(DataError, match="whole columns"):
        load_records(CONTRACT, write_parquet(tmp_path, table))


def test_a_name_is_the_same_without_case_accents_and_separators() -> None:
    assert len({normalise_name(each) for each in ("Teléfono 1", "TELEFONO_1", "telefono1")}) == 1
    assert normalise_name("año") == normalise_name("ANO") != normalise_name("anos")


IDENTIFYING = """
Patient_Name|patientName|NOMBRE|Nombre y apellidos|primer_apellido|surname|Home Address|Dirección|
teléfono|phone_2|E-mail|correo electrónico|DNI|nie|NHS Number|SSN|num_historia|NHC|MRN|
medical record number|Fecha de nacimiento|fecha_nacimiento|DOB|birth date|DateOfBirth|
código postal|postcode|tarjeta sanitaria|admission_date|idPaciente
"""
CLINICAL = """
age|sex|edad|sexo|chol|cp|trestbps|birth_weight|peso_nacimiento|white_cell_count|drug name|
nombre_farmaco|disease_name|gene|visit|phenotypes|antecedentes familiares|exploracion|niño|
diagnosis|hpo_terms|talla|presión arterial|historial|notes|emailing_no|padre_afecto
"""


def names(text: str) -> list[str]:
    return [name for name in text.replace("\n", "").split("|") if name]


@pytest.mark.parametrize("name", names(IDENTIFYING))
def test_names_in_english_and_spanish_that_sound_identifying(name: str) -> None:
    assert what_it_identifies(name)


@pytest.mark.parametrize("name", names(CLINICAL))
def test_names_of_clinical_columns_do_not(name: str) -> None:
    assert what_it_identifies(name) is None


@pytest.mark.parametrize("name", shipped_contracts())
def test_every_field_that_a_shipped_contract_forbids_sounds_identifying(name: str) -> None:
    contract = load_contract(name)
    assert all(what_it_identifies(field) for field in contract.identifying_fields)
    assert not any(what_it_identifies(feature) for feature in contract.features)


def warnings(content: dict[str, Any]) -> list[str]:
    return mapping_warnings(CONTRACT, Mapping.model_validate(content))


def test_a_plain_mapping_deserves_no_second_look() -> None:
    assert warnings(mapping()) == []


def test_the_column_that_tells_patients_apart_may_sound_as_it_is() -> None:
    assert warnings(mapping(rows={"patient": "DNI"})) == []


def test_columns_queries_and_notes_that_deserve_one() -> None:
    content = mapping(label={"column": "nombre"})
    column_of(content, "note")["scrub"] = False
    query = "select Last_Name as letter, id from patients"
    content["source"] = {"kind": "sql", "url": "sqlite://", "query": query}
    found = warnings(content)
    assert len(found) == 3
    assert "'nombre' sounds like a name" in found[0]
    assert "names 'Last_Name'" in found[1]
    assert "scrub = false" in found[2]
    content["rows"]["patient"] = "Last_Name"
    assert len(warnings(content)) == 2


def test_only_notes_are_scrubbed(tmp_path: Path) -> None:
    content = mapping()
    column_of(content, "age")["scrub"] = False
    with pytest.raises(SettingsError, match="scrub does not apply"):
        load_records(CONTRACT, write_mapping(tmp_path, content))
