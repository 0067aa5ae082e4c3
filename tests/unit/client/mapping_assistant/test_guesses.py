"""Single guesses: names, units, codes, flags, rows, code systems."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from client.mapping_assistant.code_guess import guess_codes, same_style
from client.mapping_assistant.code_systems import (
    checks_by_luhn,
    checks_by_verhoeff,
    code_system_of,
)
from client.mapping_assistant.column_profile import Profile, profiles_of
from client.mapping_assistant.dates import date_format_of
from client.mapping_assistant.matching import names_of
from client.mapping_assistant.names import name_score
from client.mapping_assistant.row_guess import guess_patient
from client.mapping_assistant.unit_guess import guess_unit
from client.mapping_assistant.unit_names import split_unit
from client.mapping_assistant.value_guess import guess_values, opposites
from shared.contract import (
    CategoricalFeature,
    CodedValue,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    load_contract,
)

HEART, RARE = load_contract("heart_disease"), load_contract("rare_disease")
FLAG = FlagFeature(name="fever", kind="flag", description="Fever")


def column(cells: list[str], name: str = "x", decimal: str = ".") -> Profile:
    return Profile(name, pd.Series(cells, dtype="str"), decimal)


def numbers(values: np.ndarray, name: str) -> Profile:
    return column([f"{value:.2f}" for value in values], name)


def numeric(analyte: str | None, unit: str, low: float, high: float) -> NumericFeature:
    return NumericFeature.model_validate(
        {
            "name": analyte or "thing",
            "kind": "numeric",
            "description": "x",
            "unit": unit,
            "minimum": low,
            "maximum": high,
            "analyte": analyte,
        }
    )


@pytest.mark.parametrize(
    ("name", "feature"),
    [
        ("Edad (años)", "age"),
        ("ANOS", "age"),
        ("trestbps", "resting_blood_pressure"),
        ("TensionArterialSistolica", "resting_blood_pressure"),
        ("chol_mmol_l", "cholesterol"),
        ("Colesterol total (mg/dL)", "cholesterol"),
        ("frec_card_max", "maximum_heart_rate"),
        ("peak_hr", "maximum_heart_rate"),
        ("Angina de esfuerzo", "exercise_angina"),
        ("angina_esf", "exercise_angina"),
        ("Nº vasos", "major_vessels"),
        ("cholestrol", "cholesterol"),
    ],
)
def test_a_name_is_most_like_its_own_feature(name: str, feature: str) -> None:
    scores = {
        each.name: max(weight * name_score(name, [word]) for word, weight in names_of(each))
        for each in HEART.feature
    }
    assert max(scores, key=scores.__getitem__) == feature
    assert scores[feature] >= 0.6


@pytest.mark.parametrize("name", ["bed", "remarks2", "ward", "created_at", "q7"])
def test_other_names_are_like_nothing(name: str) -> None:
    scores = [name_score(name, [word for word, _ in names_of(each)]) for each in HEART.feature]
    assert max(scores) < 0.6


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("ck_ukat_l", "ukat/L"),
        ("Glucosa mg/dL", "mg/dL"),
        ("edad_meses", "mo"),
        ("hba1c %", "%"),
        ("vitDngml", None),
        ("temp_c", None),
        ("mg", None),
    ],
)
def test_units_in_names(name: str, unit: str | None) -> None:
    assert split_unit(name)[1] == unit


@pytest.mark.parametrize(
    ("analyte", "target", "low", "high", "name", "factor", "unit"),
    [
        ("cholesterol", "mg/dL", 50, 700, "chol", 1, "mg/dL"),
        ("cholesterol", "mg/dL", 50, 700, "chol", 1 / 38.67, "mmol/L"),
        ("cholesterol", "mg/dL", 50, 700, "chol", 0.01, "g/L"),
        ("glucose", "mmol/L", 1, 60, "glu", 5.5 / 210, "mmol/L"),
        ("creatinine", "mg/dL", 0.1, 20, "crea", 1 / 210, "mg/dL"),
        ("creatinine", "mg/dL", 0.1, 20, "crea", 88.4 / 210, "umol/L"),
        (None, "mm[Hg]", 50, 260, "tas", 0.6, "mm[Hg]"),
        (None, "mm[Hg]", 50, 260, "tas", 0.08, "kPa"),
        (None, "Cel", 30, 45, "temp", 37 / 210, "Cel"),
        (None, "Cel", 30, 45, "temp", 98.6 / 210, "[degF]"),
    ],
)
def test_units_from_what_is_plausible_and_usual(
    analyte: str | None, target: str, low: float, high: float, name: str, factor: float, unit: str
) -> None:
    spread = 3 if unit in {"Cel", "[degF]"} else 25
    values = np.random.default_rng(3).normal(210, spread, 200) * factor
    found = guess_unit(numbers(values, name), numeric(analyte, target, low, high))
    assert found.keys["unit"] == unit
    assert found.confidence >= 0.6


def test_a_unit_in_the_name_goes_before_what_is_usual() -> None:
    values = np.random.default_rng(4).uniform(5, 80, 100)
    found = guess_unit(numbers(values, "age_months"), numeric(None, "a", 0, 120))
    assert (found.keys["unit"], found.confidence) == ("mo", 0.95)
    unnamed = guess_unit(numbers(values, "age"), numeric(None, "a", 0, 120))
    assert unnamed.keys["unit"] == "a"
    assert unnamed.confidence < 0.7
    assert "mo" in unnamed.doubts[0]


def test_numbers_that_cannot_be_values_stand_for_not_recorded() -> None:
    cells = [str(number) for number in range(100, 140)] + ["0"] * 9 + ["-9"] * 3
    found = guess_unit(column(cells, "tas"), numeric(None, "mm[Hg]", 50, 260))
    assert found.keys == {"unit": "mm[Hg]", "missing": ["-9", "0"]}
    assert (
        guess_unit(column(["4000"] * 40, "tas"), numeric(None, "mm[Hg]", 50, 260)).confidence == 0
    )


def test_blood_urea_nitrogen_is_told_from_urea_by_its_name() -> None:
    values = np.random.default_rng(5).normal(14, 3, 100)
    feature = numeric("urea", "mg/dL", 1, 400)
    assert guess_unit(numbers(values, "BUN"), feature).keys["analyte"] == "urea_nitrogen"
    assert "analyte" not in guess_unit(numbers(values, "urea"), feature).keys


def sexes(feature: str = "sex") -> list[CodedValue]:
    found = RARE.features[feature]
    assert isinstance(found, CategoricalFeature)
    return list(found.codes)


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ("HM", "male female"),
        ("VM", "male female"),
        ("MF", "male female"),
        ("hm", "male female"),
        ("12", "male female"),
        ("10", "male female"),
        (["hombre", "mujer"], "male female"),
        (["Varón", "Mujer", "Otro"], "male female other"),
        (["Female", "Male"], "female male"),
        (["H", "M", "Otro"], "male female other"),
        ("FMX", "female male other"),
    ],
)
def test_sexes(codes: list[str], meaning: str) -> None:
    found = guess_codes(dict.fromkeys(codes, 20), sexes())
    assert found.codes == dict(zip(codes, meaning.split(), strict=True))


def test_numbers_are_believed_only_where_all_are_explained() -> None:
    feature = HEART.features["chest_pain"]
    assert isinstance(feature, CategoricalFeature)
    found = guess_codes(dict.fromkeys("1234", 20), feature.codes)
    assert found.codes == {
        "1": "typical_angina",
        "2": "atypical_angina",
        "3": "non_anginal",
        "4": "asymptomatic",
    }
    # Who counts from 0 means something else by 1.
    assert guess_codes(dict.fromkeys("0123", 20), feature.codes).codes == {}


def test_diseases_by_number_name_and_abbreviation() -> None:
    targets = RARE.target
    assert guess_codes({"558": 9, "ORPHA:636": 8}, targets).codes == {
        "558": "OMIM:154700",
        "ORPHA:636": "OMIM:162200",
    }
    assert set(
        guess_codes({"154700": 9, "OMIM:154700": 8, "#154700": 7}, targets).codes.values()
    ) == {"OMIM:154700"}
    spelled = guess_codes({"Síndrome de Marfan": 9, "neurofibromatosis tipo 1": 9}, targets)
    assert list(spelled.codes.values()) == ["OMIM:162200", "OMIM:154700"]
    assert guess_codes({"Marfann syndrome": 9}, targets).codes == {
        "Marfann syndrome": "OMIM:154700"
    }


def test_codes_in_the_style_of_the_others_come_from_the_contract_alone() -> None:
    seen = guess_codes({"558": 9, "636": 9}, RARE.target)
    added = same_style(seen, RARE.target)
    assert added["904"] == "OMIM:194050"
    assert all(code.isdigit() for code in added)
    words = same_style(guess_codes({"Síndrome de Marfan": 9}, RARE.target), RARE.target)
    assert words["Sindrome de Noonan"] == "OMIM:163950"
    assert not any("syndrome" in code for code in words)


@pytest.mark.parametrize(
    ("cells", "true", "false", "missing"),
    [
        (["Sí", "No"], ["Sí"], ["No"], None),
        (["S", "N", "s/d"], ["S"], ["N"], None),
        (["1", "0"], ["1"], ["0"], None),
        (["1", "0", "-9"], ["1"], ["0"], ["-9"]),
        (["true", "false"], ["1"], ["0"], None),
        (["positivo", "negativo"], ["positivo"], ["negativo"], None),
    ],
)
def test_flags(
    cells: list[str], true: list[str], false: list[str], missing: list[str] | None
) -> None:
    found = guess_values(column(cells * 20), FLAG, 5)
    assert (found.keys["true"], found.keys["false"], found.keys.get("missing")) == (
        true,
        false,
        missing,
    )
    assert found.confidence >= 0.6


def test_a_rare_answer_is_not_read_off_the_data() -> None:
    found = guess_values(column(["no"] * 50 + ["OUI"] * 2), FLAG, 5)
    assert found.keys == {"true": ["si", "sí", "yes"], "false": ["no"]}
    assert opposites(["S"]) == ["N"]


@pytest.mark.parametrize("cells", [["1", "2", "3"], ["red", "green"], ["1.5", "2.5"]])
def test_what_is_no_flag(cells: list[str]) -> None:
    assert guess_values(column(cells * 20), FLAG, 5).confidence < 0.5


@pytest.mark.parametrize("separator", [";", "|", ",", " "])
def test_terms_by_their_pattern(separator: str) -> None:
    feature = RARE.features["phenotypes"]
    assert isinstance(feature, TermsFeature)
    cells = [separator.join(["HP:0001250", "HP:0000006"]), "HP:0001250", ""] * 5
    assert guess_values(column(cells), feature, 5).keys == {"separator": separator}
    lists = Profile("x", pd.Series([["HP:0001250"], None, ["HP:0000006"]], dtype=object), ".")
    assert guess_values(lists, feature, 5).keys == {}
    assert guess_values(lists, feature, 5).confidence == 1
    assert guess_values(column(["seizures"] * 9), feature, 5).confidence == 0


@pytest.mark.parametrize(
    ("codes", "system"),
    [
        (["I25.1", "E11", "J459"], "ICD-10"),
        (["22298006", "73211009"], "SNOMED CT"),
        (["2345-7", "4548-4"], "LOINC"),
        (["ORPHA:558", "Orpha 636"], "ORPHA"),
        (["154700", "#162200", "MIM:163950"], "OMIM"),
        (["HP:0001250"], "HPO"),
        (["558", "636"], None),
        (["22298007", "2345-8"], None),
        (["M", "F"], None),
    ],
)
def test_code_systems(codes: list[str], system: str | None) -> None:
    found = code_system_of(dict.fromkeys(codes, 3))
    assert (found and found[0]) == system


def test_check_digits_of_published_codes() -> None:
    # Myocardial infarction, diabetes mellitus, hypertensive disorder; glucose, HbA1c.
    assert all(map(checks_by_verhoeff, ["22298006", "73211009", "38341003"]))
    assert all(map(checks_by_luhn, ["2345-7", "4548-4"]))
    assert not checks_by_verhoeff("22298060")
    assert not checks_by_luhn("2354-7")


def test_the_patient_is_who_every_row_has_and_seldom_shares() -> None:
    rows = 60
    table = pd.DataFrame(
        {
            "NHC": [str(5000 + row) for row in range(rows)],
            "nombre": [f"N{row}" for row in range(rows)],
            "edad": [str(row) for row in range(rows)],
        }
    )
    assert guess_patient(profiles_of(table, ".")).keys == {"patient": "NHC"}
    visits = table.assign(NHC=[str(5000 + row // 3) for row in range(rows)])
    found = guess_patient(profiles_of(visits, "."))
    assert found.keys == {"patient": "NHC", "patient_rows": "several"}
    assert guess_patient(profiles_of(table[["nombre", "edad"]], ".")).keys == {}


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (["2024-01-31"], "%Y-%m-%d"),
        (["31/01/2024", "01/02/2024"], "%d/%m/%Y"),
        (["01/31/2024", "02/01/2024"], "%m/%d/%Y"),
        (["01.02.24"], "%d.%m.%y"),
    ],
)
def test_how_dates_are_written(cells: list[str], written: str) -> None:
    found = column(cells)
    assert found.is_dates
    assert date_format_of(found) == written


def test_texts_that_mean_not_recorded_beside_numbers_mean_it_everywhere() -> None:
    table = pd.DataFrame({"ck": ["1", "2", "3", "4", "ND"], "flag": ["S", "N", "ND", "S", "N"]})
    assert [each.missing_words for each in profiles_of(table, ".")] == [["ND"], ["ND"]]
    # Noonan syndrome is abbreviated like "sin datos" in no file that has no numbers so.
    alone = pd.DataFrame({"dx": ["NS", "SD", "NS"]})
    assert [each.missing_words for each in profiles_of(alone, ".")] == [[]]
