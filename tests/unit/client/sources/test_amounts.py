"""Conversion by substance, against factors typed from published tables.

The factors are those of the AMA Manual of Style's table of SI conversions, unless a comment names
another source; NGSP's are from its table of HbA1c in both units.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.sources.units import conversion
from shared.analytes import analytes, same_amount


def converted(
    value: float, unit: str, target: str, analyte: str | None = None, measured: str | None = None
) -> float | None:
    convert = conversion(unit, target, analyte, measured)
    return None if convert is None else float(convert(np.array([value]))[0])


@pytest.mark.parametrize(
    ("analyte", "unit", "target", "factor"),
    [
        ("glucose", "mg/dL", "mmol/L", 0.0555),
        ("cholesterol", "mg/dL", "mmol/L", 0.0259),
        ("hdl_cholesterol", "mg/dL", "mmol/L", 0.0259),
        ("ldl_cholesterol", "mg/dL", "mmol/L", 0.0259),
        ("triglycerides", "mg/dL", "mmol/L", 0.0113),
        ("creatinine", "mg/dL", "umol/L", 88.4),
        ("urea_nitrogen", "mg/dL", "mmol/L", 0.357),
        ("uric_acid", "mg/dL", "umol/L", 59.485),
        ("bilirubin", "mg/dL", "umol/L", 17.104),
        ("direct_bilirubin", "mg/dL", "umol/L", 17.104),
        ("calcium", "mg/dL", "mmol/L", 0.25),
        ("magnesium", "mg/dL", "mmol/L", 0.411),
        ("magnesium", "meq/L", "mmol/L", 0.5),
        ("phosphate", "mg/dL", "mmol/L", 0.323),
        ("iron", "ug/dL", "umol/L", 0.179),
        ("iron_binding_capacity", "ug/dL", "umol/L", 0.179),
        ("copper", "ug/dL", "umol/L", 0.157),
        ("zinc", "ug/dL", "umol/L", 0.153),
        ("lead", "ug/dL", "umol/L", 0.0483),
        ("sodium", "meq/L", "mmol/L", 1.0),
        ("potassium", "mEq/L", "mmol/L", 1.0),
        ("calcium", "mEq/L", "mmol/L", 0.5),
        ("lithium", "mEq/L", "mmol/L", 1.0),
        ("lactate", "mg/dL", "mmol/L", 0.111),
        ("ammonia", "ug/dL", "umol/L", 0.587),
        ("phenylalanine", "mg/dL", "umol/L", 60.5),
        ("homocysteine", "mg/L", "umol/L", 7.397),
        ("hemoglobin", "g/dL", "mmol/L", 0.6206),
        ("albumin", "g/dL", "umol/L", 150.5),
        ("transferrin", "mg/dL", "umol/L", 0.1257),
        ("ferritin", "ng/mL", "pmol/L", 2.247),
        ("fibrinogen", "mg/dL", "umol/L", 0.0294),
        ("vitamin_d", "ng/mL", "nmol/L", 2.496),
        ("vitamin_b12", "pg/mL", "pmol/L", 0.738),
        ("folate", "ng/mL", "nmol/L", 2.266),
        ("thyroxine", "ug/dL", "nmol/L", 12.87),
        ("free_thyroxine", "ng/dL", "pmol/L", 12.87),
        ("triiodothyronine", "ng/dL", "nmol/L", 0.0154),
        ("free_triiodothyronine", "pg/mL", "pmol/L", 1.54),
        ("cortisol", "ug/dL", "nmol/L", 27.588),
        ("testosterone", "ng/dL", "nmol/L", 0.0347),
        ("estradiol", "pg/mL", "pmol/L", 3.671),
        ("progesterone", "ng/mL", "nmol/L", 3.18),
        ("c_peptide", "ng/mL", "nmol/L", 0.331),
        ("parathyroid_hormone", "pg/mL", "pmol/L", 0.106),
        # Knopp et al. 2019, Diabetes Care 42; the older 6.945 is wrong for human insulin.
        ("insulin", "u[iU]/mL", "pmol/L", 6.0),
        # 1 U = 16.67 nkat.
        ("creatine_kinase", "U/L", "ukat/L", 0.01667),
        ("alkaline_phosphatase", "IU/L", "U/L", 1.0),
        ("lipase", "UI/L", "nkat/L", 16.67),
    ],
)
def test_published_factors(analyte: str, unit: str, target: str, factor: float) -> None:
    assert converted(1.0, unit, target, analyte) == pytest.approx(factor, rel=0.006)
    assert converted(factor, target, unit, analyte) == pytest.approx(1.0, rel=0.006)


@pytest.mark.parametrize(
    ("percent", "ifcc"),
    [(5.0, 31), (6.0, 42), (6.5, 48), (7.0, 53), (8.0, 64), (9.0, 75), (10, 86)],
)
def test_hba1c_follows_the_master_equation(percent: float, ifcc: float) -> None:
    found = converted(percent, "%", "mmol/mol", "hba1c")
    assert found is not None
    assert round(found) == ifcc
    assert converted(ifcc, "mmol/mol", "%", "hba1c") == pytest.approx(percent, abs=0.05)
    assert converted(percent / 100, "1", "%", "hba1c") == pytest.approx(percent)


def test_hba1c_is_no_ratio_of_units() -> None:
    assert converted(6.5, "%", "mmol/mol") == pytest.approx(65)
    assert converted(6.5, "%", "mmol/mol", "hba1c") != pytest.approx(65)
    assert converted(6.5, "mmol/L", "%", "hba1c") is None


def test_urea_and_its_nitrogen_are_the_same_molecules_by_another_mass() -> None:
    # 1 mg/dL of nitrogen is 2.14 mg/dL of urea, and 0.357 mmol/L of either.
    near = partial(pytest.approx, rel=0.002)
    assert converted(10, "mg/dL", "mg/dL", "urea", "urea_nitrogen") == near(21.4)
    assert converted(10, "mg/dL", "mmol/L", "urea", "urea_nitrogen") == pytest.approx(
        3.57, rel=0.002
    )
    assert converted(3.57, "mmol/L", "mg/dL", "urea_nitrogen", "urea") == pytest.approx(
        10, rel=0.002
    )
    assert converted(10, "mg/dL", "mmol/L", "urea") == near(1.665)
    assert converted(10, "mg/dL", "mg/dL", "urea", "glucose") is None


@pytest.mark.parametrize(
    ("unit", "target", "analyte"),
    [
        ("mmol/L", "mg/dL", None),
        ("mEq/L", "mmol/L", None),
        ("mEq/L", "mmol/L", "glucose"),
        ("mg/dL", "mmol/L", "c_reactive_protein"),
        ("mg/dL", "mm[Hg]", "glucose"),
        ("IU/L", "U/L", None),
        ("IU/L", "U/L", "insulin"),
        ("nonsense", "mg/dL", "glucose"),
    ],
)
def test_what_the_substance_does_not_tell_is_not_converted(
    unit: str, target: str, analyte: str | None
) -> None:
    assert converted(1.0, unit, target, analyte) is None


@pytest.mark.parametrize(
    ("unit", "target", "value", "expected"),
    [
        ("mg%", "mg/dL", 90, 90),
        ("MG/DL", "g/L", 90, 0.9),
        # Laboratories write gr for gram; pint would take it for the grain of apothecaries.
        ("gr/dl", "g/L", 1, 10),
        ("[gr]", "mg", 1, 64.79891),
        ("mL/min/1.73 m2", "mL/min", 60, 60),
        ("mL/min/{1.73_m2}", "mL/min", 60, 60),
        ("ml/min/1,73m²", "mL/min", 60, 60),
        ("x10^3/uL", "10*9/L", 5, 5),
        ("10⁹/L", "10*3/uL", 5, 5),
        ("ºC", "[degF]", 37, 98.6),
        ("años", "mo", 2, 24),
        ("mcg/dL", "ug/L", 1, 10),
        ("lpm", "/min", 70, 70),
    ],
)
def test_spellings_of_hospitals(unit: str, target: str, value: float, expected: float) -> None:
    assert converted(value, unit, target) == pytest.approx(expected, rel=1e-6)


def test_a_gigalitre_and_a_gram_per_litre_are_not_told_apart_by_guessing() -> None:
    assert converted(1.0, "G/L", "g/L") is None


@given(st.sampled_from(sorted(analytes())), st.floats(1e-3, 1e6))
def test_there_and_back_is_the_same_number(analyte: str, value: float) -> None:
    usual = analytes()[analyte].usual
    assert usual is not None
    assert converted(value, usual.unit, usual.unit, analyte) == pytest.approx(value)
    for unit in ("mmol/L", "ug/mL", "U/L", "mmol/mol"):
        there = converted(value, usual.unit, unit, analyte)
        if there is not None:
            back = converted(there, unit, usual.unit, analyte)
            assert back == pytest.approx(value, rel=1e-9)


def test_the_table_is_consistent() -> None:
    table = analytes()
    codes = [code for each in table.values() for code in each.loinc]
    assert len(codes) == len(set(codes))
    for name, each in table.items():
        assert each.counted_as is None or same_amount(name, each.counted_as)
        assert each.usual is not None
        assert each.usual.low < each.usual.high
        # A check digit tells a typing error in a LOINC code (Luhn's, modulo 10).
        assert all(luhn_is_right(code) for code in each.loinc), name


def luhn_is_right(code: str) -> bool:
    digits = [int(digit) for digit in code.replace("-", "")][::-1]
    doubled = [digit * 2 if index % 2 else digit for index, digit in enumerate(digits)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0
