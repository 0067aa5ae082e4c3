from __future__ import annotations

import csv
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from client.sources import load_records
from shared.contract import Contract, NumericFeature, load_contract
from shared.errors import SettingsError
from shared.ontology import terminology
from shared.records import Records
from simulations.hospitals import (
    HEART_COLUMNS,
    HospitalFiles,
    write_heart_hospitals,
    write_simulated_hospitals,
)
from simulations.simulated_hospitals import CASE_MIX, SIMULATED_HOSPITALS

HEADER = [str(column["column"]) for column in HEART_COLUMNS] + ["target"]


@pytest.fixture(scope="module")
def rare() -> Contract:
    return load_contract("rare_disease")


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> list[HospitalFiles]:
    return write_simulated_hospitals(tmp_path_factory.mktemp("hospitals"), seed=0)


@pytest.fixture(scope="module")
def records(rare: Contract, hospitals: list[HospitalFiles]) -> dict[str, Records]:
    known = terminology("HPO").is_known
    return {each.name: load_records(rare, each.mapping_path, known).records for each in hospitals}


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def mapping_of(hospital: HospitalFiles) -> dict[str, Any]:
    return tomllib.loads(hospital.mapping_path.read_text(encoding="utf-8"))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("first", 5), ("second", 5), ("third", 6)):
        write_simulated_hospitals(tmp_path / name, seed)
    first, second, third = (content(tmp_path / name) for name in ("first", "second", "third"))
    assert first == second
    assert len(first) == 8
    assert {name for name in first if first[name] != third[name]} == {
        name for name in first if not name.endswith(".toml")
    }


def test_writing_again_replaces_the_files(tmp_path: Path) -> None:
    write_simulated_hospitals(tmp_path, 6)
    write_simulated_hospitals(tmp_path, 5)
    write_simulated_hospitals(tmp_path / "fresh", 5)
    again = {name: data for name, data in content(tmp_path).items() if "fresh" not in name}
    assert again == content(tmp_path / "fresh")


def test_there_are_four_hospitals_of_different_size_and_form(
    hospitals: list[HospitalFiles],
) -> None:
    assert [each.rows for each in hospitals] == [420, 260, 140, 80]
    assert len({each.display_name for each in hospitals}) == 4
    kinds = [mapping_of(each)["source"]["kind"] for each in hospitals]
    assert sorted(kinds) == ["csv", "csv", "parquet", "sql"]


def test_every_class_of_the_case_mix_is_in_the_contract(rare: Contract) -> None:
    assert set(CASE_MIX) == set(rare.classes)
    for code, counts in CASE_MIX.items():
        if rare.classes[code].frequency == "rare":
            assert 3 <= sum(counts) <= 12
        else:
            assert sum(counts) >= 50
    assert any(0 in counts for counts in CASE_MIX.values())


def test_each_mapping_names_classes_and_features_of_the_contract(
    rare: Contract, hospitals: list[HospitalFiles]
) -> None:
    for hospital in hospitals:
        mapping = mapping_of(hospital)
        assert set(mapping["label"]["codes"].values()) <= set(rare.classes)
        assert {column["feature"] for column in mapping["column"]} <= set(rare.features)


def test_the_records_are_those_of_the_contract(rare: Contract, records: dict[str, Records]) -> None:
    for hospital, each in zip(SIMULATED_HOSPITALS, records.values(), strict=True):
        labels = {code: int((each.labels == code).sum()) for code in set(each.labels)}
        assert labels == dict(hospital.case_mix)
        for name, feature in rare.features.items():
            if isinstance(feature, NumericFeature):
                assert each.table[name].dropna().between(feature.minimum, feature.maximum).all()


def test_units_and_codes_arrive_as_the_contract_has_them(records: dict[str, Records]) -> None:
    for each in records.values():
        assert 4 < each.table["age"].median() < 20
        assert set(each.table["sex"]) <= {"female", "male", "other"}
        assert each.table["phenotypes"].map(len).mean() > 3
        duchenne = each.table[each.labels == "OMIM:310200"]
        assert (duchenne["sex"] == "male").mean() > 0.7
    for name in ("san_aurelio", "lindenmoor", "alderbrook"):
        table, labels = records[name].table, records[name].labels
        assert table.loc[labels == "OMIM:310200", "creatine_kinase"].median() > 2_000
        assert table.loc[labels == "OMIM:162200", "creatine_kinase"].median() < 200


def test_hospitals_lack_different_things(records: dict[str, Records]) -> None:
    missing = {name: each.table.isna().mean() for name, each in records.items()}
    assert missing["westermark"]["creatine_kinase"] == 1
    assert missing["lindenmoor"]["consanguinity"] > 0.8
    assert missing["san_aurelio"]["age"] == 0
    assert 0.2 < missing["san_aurelio"]["creatine_kinase"] < 0.4
    assert missing["lindenmoor"]["note"] == 1
    notes = records["san_aurelio"].table["note"].dropna()
    assert notes.str.contains("ñ|ó").any()


def test_the_heart_hospitals_have_their_patients(
    heart_data: Path, contract: Contract, tmp_path: Path
) -> None:
    hospitals = write_heart_hospitals(heart_data, tmp_path)
    assert [each.name for each in hospitals] == ["cleveland", "hungarian", "switzerland", "va"]
    assert [each.rows for each in hospitals] == [303, 294, 123, 200]
    assert len(content(tmp_path)) == 4
    for each in hospitals:
        loaded = load_records(contract, each.mapping_path)
        assert len(loaded.records) == each.rows


def test_heart_zeros_that_cannot_be_are_missing(
    heart_data: Path, contract: Contract, tmp_path: Path
) -> None:
    records = {
        each.name: load_records(contract, each.mapping_path).records
        for each in write_heart_hospitals(heart_data, tmp_path)
    }
    assert records["switzerland"].table["cholesterol"].isna().all()
    assert records["va"].table["cholesterol"].isna().sum() == 56
    assert records["va"].table["resting_blood_pressure"].isna().sum() == 57
    assert (records["cleveland"].table["st_depression"] == 0).sum() == 99
    assert (records["hungarian"].labels == "disease").sum() == 106
    assert (records["va"].labels == "grade_4").sum() == 10


def test_an_absent_heart_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cleveland\.csv cannot be read"):
        write_heart_hospitals(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_heart_file_without_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cleveland.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([name for name in HEADER if name not in ("cp", "thal")])
    for name in ("hungarian", "switzerland", "va"):
        shutil.copy(path, tmp_path / f"{name}.csv")
    with pytest.raises(SettingsError, match=r"cleveland\.csv has no column cp, thal"):
        write_heart_hospitals(tmp_path, tmp_path / "out")
