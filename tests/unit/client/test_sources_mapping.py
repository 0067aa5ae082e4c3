"""Mapping files: codes, units, what is refused, and the template."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.sources import load_records
from client.sources.codes import codes_of, normalise_code
from client.sources.mapping import Mapping
from client.sources.template import mapping_template
from client.sources.units import conversion
from shared.contract import Contract, load_contract, shipped_contracts
from shared.errors import DataError, SettingsError
from shared.settings_file import parse
from tests.unit.client.small_hospital import (
    CONTRACT,
    SENTINEL,
    column_of,
    mapping,
    rows,
    write,
    write_mapping,
)


@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_is_one_code_however_it_is_delivered(number: int) -> None:
    spellings = [
        number,
        float(number),
        str(number),
        f" {number}.0",
        Decimal(number),
        np.int64(number),
    ]
    assert {normalise_code(spelling) for spelling in spellings} == {str(number)}


@given(st.text(max_size=12))
def test_normalising_a_code_twice_changes_nothing(text: str) -> None:
    assert normalise_code(normalise_code(text)) == normalise_code(text)


def test_codes_that_only_look_alike_stay_apart() -> None:
    assert len({normalise_code(code) for code in ["1", "01", "1.5", "10", "I"]}) == 5
    assert normalise_code("1.50") == normalise_code(1.5)
    assert normalise_code(True) == normalise_code("TRUE") == "1"


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "str", "object", "category"])
def test_cells_of_any_type_give_the_same_codes(dtype: str) -> None:
    cells = pd.Series([1, 2, 1]).astype(dtype)  # type: ignore[call-overload]
    assert codes_of(cells, frozenset({"2"})).tolist() == ["1", None, "1"]


@pytest.mark.parametrize("local", ["1", "1.0", "1.00", " 1 "])
def test_every_spelling_of_a_code_reaches_its_meaning(tmp_path: Path, local: str) -> None:
    content = mapping()
    column_of(content, "pain")["codes"] = {"1.0": "typical", "2": "other"}
    path = write(tmp_path, content, rows(cp=[local] * 4, fev=[local] * 4))
    table = load_records(CONTRACT, path).records.table
    assert set(table["pain"]) == {"typical"}
    assert set(table["fever"]) == {1.0}


@pytest.mark.parametrize(
    ("unit", "target", "value", "expected"),
    [
        ("kPa", "mm[Hg]", 16, 120.0099),
        ("mmHg", "mm[Hg]", 120, 120),
        ("cm[H2O]", "mm[Hg]", 10, 7.3556),
        ("[degF]", "Cel", 98.6, 37),
        ("K", "Cel", 310.15, 37),
        ("mo", "a", 18, 1.5),
        ("years", "a", 3, 3),
        ("g/L", "mg/dL", 2, 200),
        ("bpm", "/min", 70, 70),
        ("{beats}/min", "/min", 70, 70),
        ("Hz", "/min", 1, 60),
        ("cm", "mm", 1.5, 15),
        ("%", "1", 50, 0.5),
        ("10*3/uL", "10*9/L", 5, 5),
        ("kU/L", "U/L", 1, 1000),
        ("m[iU]/L", "[iU]/L", 1500, 1.5),
        ("kg/m2", "kg/m2", 20, 20),
        ("g / cm2", "kg/m2", 2, 20),
    ],
)
def test_conversions(unit: str, target: str, value: float, expected: float) -> None:
    convert = conversion(unit, target)
    assert convert is not None
    assert convert(np.array([value, np.nan]))[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "unit", ["", "mmol/L", "kg", "[iU]/L", "nan", "in for", "10**99999", "m" * 999]
)
def test_units_that_do_not_convert(unit: str) -> None:
    assert conversion(unit, "mg/dL") is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_unit_or_not_but_never_a_failure(text: str) -> None:
    found = conversion(text, "mg/dL")
    assert found is None or callable(found)


@pytest.mark.parametrize("name", shipped_contracts())
def test_every_unit_of_the_shipped_contracts_is_understood(name: str) -> None:
    for feature in load_contract(name).feature:
        if feature.kind == "numeric":
            # Another spelling of the same unit goes the long way.
            convert = conversion(feature.unit.replace("[Hg]", "Hg") + ".1", feature.unit)
            assert convert is not None, feature.unit
            assert convert(np.array([2.0]))[0] == pytest.approx(2)


def test_each_row_may_name_its_unit(tmp_path: Path) -> None:
    content = mapping(rows={"bad_rows": "set_aside"})
    del column_of(content, "pressure")["unit"]
    column_of(content, "pressure")["unit_column"] = "rr unit"
    cells = {**rows(rr=["16", "120", "", "18"]), "rr unit": ["kPa", "mmHg", "", SENTINEL]}
    loaded = load_records(CONTRACT, write(tmp_path, content, cells))
    np.testing.assert_allclose(loaded.records.table["pressure"], [120.01, 120, np.nan], atol=0.01)
    assert [(problem.row, problem.column) for problem in loaded.problems] == [(5, "rr")]
    assert SENTINEL not in str(loaded.problems)


def test_the_edge_of_the_range_survives_conversion(tmp_path: Path) -> None:
    edge = 260 * 101.325 / 760
    loaded = load_records(CONTRACT, write(tmp_path, cells=rows(rr=[repr(edge)] * 4)))
    assert loaded.records.table["pressure"].max() <= 260


@pytest.mark.parametrize("name", ["last_name", "Last Name", "LAST-NAME", "lastName", "Birth.Date"])
@pytest.mark.parametrize("place", ["column", "unit_column", "label"])
def test_identifying_columns_are_refused_before_anything_is_read(
    tmp_path: Path, name: str, place: str
) -> None:
    content = mapping(label={"column": name}) if place == "label" else mapping()
    if place != "label":
        column_of(content, "pressure").pop("unit" if place == "unit_column" else "-", None)
        column_of(content, "pressure")[place] = name
    with pytest.raises(SettingsError, match="identifies a patient"):
        load_records(CONTRACT, write_mapping(tmp_path, content))


def test_the_patient_column_may_identify_and_is_not_in_the_records(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        mapping(rows={"patient": "Last Name"}),
        rows(**{"Last Name": ["a", "b", "c", SENTINEL]}),
    )
    assert SENTINEL not in load_records(CONTRACT, path).records.table.to_csv()
    content = mapping(label={"column": "id"})
    with pytest.raises(SettingsError, match="patient column cannot also be"):
        load_records(CONTRACT, write_mapping(tmp_path, content))


def change(name: str, /, **keys: object) -> dict[str, Any]:
    content = mapping()
    column_of(content, name).update(keys)
    return content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (change("age", feature="unheard"), "no such feature"),
        (change("age", feature="pressure"), "mapped more than once"),
        (change("age", column="diagnosis"), "label cannot also be a feature"),
        (change("age", codes={"1": "2"}), "codes does not apply to a numeric"),
        (change("fever", unit="a"), "unit does not apply to a flag"),
        (change("pain", codes={"1": "unheard"}), "'unheard' is no code of the contract"),
        (change("pain", codes={"1": "typical", "1.0": "other"}), "two meanings"),
        (change("fever", true=["1"], false=["1.0"]), "share a code"),
        (change("age", unit_column="u"), "not both"),
        (change("age", unknown=1), "Extra inputs"),
        (mapping(label={"codes": {"0": "unheard"}}), "label: 'unheard'"),
        (mapping(source={"encoding": "utf-99"}), "no such encoding"),
        (mapping(source={"encoding": "base64"}), "no such encoding"),
        (mapping(source={"separator": ";;"}), "separator"),
        (mapping(source={"kind": "paper"}), "source"),
    ],
)
def test_mappings_that_cannot_be_meant_are_refused(
    tmp_path: Path, content: dict[str, Any], expected: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(expected)):
        load_records(CONTRACT, write_mapping(tmp_path, content))


def test_a_number_without_a_unit_is_refused(tmp_path: Path) -> None:
    content = mapping()
    del column_of(content, "pressure")["unit"]
    with pytest.raises(SettingsError, match=re.escape("unit = 'mm[Hg]'")):
        load_records(CONTRACT, write_mapping(tmp_path, content))


def test_features_without_a_column_are_missing_and_listed(tmp_path: Path) -> None:
    content = mapping()
    content["column"] = [column_of(content, "pain")]
    loaded = load_records(CONTRACT, write(tmp_path, content))
    assert loaded.unmapped_features == ["age", "pressure", "fever", "phenotypes", "note"]
    assert loaded.records.table["age"].isna().all()
    assert loaded.records.table["phenotypes"].tolist() == [()] * 4


def filled_in(contract: Contract) -> str:
    numbers = iter(range(1000))
    template = mapping_template(contract)
    return re.sub('^column = ""', lambda _: f'column = "c{next(numbers)}"', template, flags=re.M)


@pytest.mark.parametrize("contract", [CONTRACT, *map(load_contract, shipped_contracts())])
def test_the_template_parses_and_reads_data_once_filled_in(
    tmp_path: Path, contract: Contract
) -> None:
    assert tomllib.loads(mapping_template(contract))
    text = filled_in(contract)
    parsed = parse(Mapping, tomllib.loads(text), "template")
    assert [column.feature for column in parsed.column] == list(contract.features)
    (tmp_path / "mapping.toml").write_text(text)
    cells = {column.column: [""] * 2 for column in parsed.column}
    label = {parsed.label.column: contract.leaves[:2]}
    pd.DataFrame({**label, **cells}).to_csv(tmp_path / "patients.csv", index=False)
    assert len(load_records(contract, tmp_path / "mapping.toml").records) == 2


def test_the_lines_with_codes_of_the_template_work_without_their_comment_signs() -> None:
    numbers = iter(range(1000))
    text = re.sub('^# "your code"', lambda _: f'"{next(numbers)}"', filled_in(CONTRACT), flags=re.M)
    parsed = parse(Mapping, tomllib.loads(text), "template")
    assert set(parsed.label.codes.values()) == set(CONTRACT.classes)
    pain = next(column for column in parsed.column if column.feature == "pain")
    assert list((pain.codes or {}).values()) == ["typical", "other"]


def test_an_unfilled_template_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(mapping_template(CONTRACT))
    with pytest.raises(SettingsError, match=re.escape("column.0.column")):
        load_records(CONTRACT, tmp_path / "mapping.toml")
    (tmp_path / "mapping.toml").write_text(filled_in(CONTRACT))
    with pytest.raises(DataError, match="does not exist"):
        load_records(CONTRACT, tmp_path / "mapping.toml")
