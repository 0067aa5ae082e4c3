"""Cases are read by the rules of training data, and every problem names its field."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from client.serving.case_problem import CaseError
from client.serving.case_reader import CaseReader
from client.sources.conversion import RawColumn, convert
from client.sources.mapping import ColumnSettings
from client.sources.numbers import Place
from tests.unit.client.serving.bundles import CONTRACT

READER = CaseReader(CONTRACT)


def problems(**fields: Any) -> dict[str, tuple[str, str]]:  # noqa: ANN401 - as JSON gives them
    with pytest.raises(CaseError) as refused:
        READER.read(fields)
    return {each.field: (each.expected, each.fix) for each in refused.value.problems}


def test_a_whole_case() -> None:
    case = READER.read(
        {
            "age": 61,
            "pressure": {"value": 16, "unit": "kPa"},
            "pain": "typical",
            "fever": False,
            "phenotypes": ["HP:0001250", "HP:0000098", "HP:0001250"],
            "note": "tired",
        }
    )
    assert case.values["age"] == 61.0
    assert case.values["pressure"] == pytest.approx(120.01, abs=0.01)
    assert case.values["fever"] == 0.0
    assert case.values["phenotypes"] == ("HP:0001250", "HP:0000098")
    assert case.values["note"] == "tired"


def test_nothing_is_missing_and_no_problem() -> None:
    for content in ({}, dict.fromkeys(CONTRACT.recorded), {"age": {"value": None}, "pain": ""}):
        case = READER.read(content)
        assert set(case.values) == set(CONTRACT.recorded)
        assert {value for value in case.values.values() if value} == set()


@pytest.mark.parametrize(
    ("field", "value", "place", "expected"),
    [
        ("age", 121, "", "a value from 0 to 120 a"),
        ("age", "old", "", "a number with a decimal point"),
        ("age", "3,5", "", "a number with a decimal point"),
        ("age", True, "", "a number with a decimal point"),
        ("age", math.nan, "", "a number with a decimal point"),
        ("age", math.inf, "", "a number with a decimal point"),
        ("age", 10**400, "", "a number with a decimal point"),
        ("age", [1], "", "a number with a decimal point"),
        ("age", {"value": 3, "unity": "a"}, "", "a number, or a value with its unit"),
        ("age", {"value": 3, "unit": "kg"}, ".unit", "a unit that converts to a"),
        ("age", {"value": 3, "unit": ""}, ".unit", "a unit that converts to a"),
        ("age", {"value": 3, "unit": 7}, ".unit", "a unit that converts to a"),
        ("age", {"value": 2000, "unit": "mo"}, "", "a value from 0 to 120 a"),
        ("pain", "sharp", "", "one of typical, other"),
        ("pain", True, "", "one of typical, other"),
        ("fever", "yes", "", "true or false"),
        ("fever", 2, "", "true or false"),
        ("phenotypes", "HP:0001250", "", "a list of codes of HPO"),
        ("phenotypes", ["seizure"], "[0]", r"codes of HPO that look like ^HP:\d{7}$"),
        ("phenotypes", ["HP:0001250", 7], "[1]", r"codes of HPO that look like ^HP:\d{7}$"),
        ("phenotypes", ["HP:9999999"], "[0]", "codes that this release of HPO knows"),
        (
            "phenotypes",
            ["HP:0001250", "HP:0000098", "HP:0001083", "HP:0001166"],
            "",
            "at most 3 terms",
        ),
        ("note", 5, "", "a text"),
        ("note", "x" * 31, "", "at most 30 characters"),
        ("ages", 5, "", "a feature of the contract everything 1.0.0"),
        ("double_product", 5, "", "nothing: it is computed from other features"),
    ],
)
def test_a_problem_names_the_field_and_what_was_expected(
    field: str, value: object, place: str, expected: str
) -> None:
    found = problems(**{field: value})
    assert set(found) == {f"{field}{place}"}
    assert found[f"{field}{place}"][0] == expected
    assert found[f"{field}{place}"][1]


def test_all_problems_are_found_at_once_and_none_shows_a_value() -> None:
    found = problems(age="Garcia1957", pain="Garcia1957", phenotypes=["Garcia1957"], fever="Garcia")
    assert set(found) == {"age", "pain", "phenotypes[0]", "fever"}
    assert "Garcia" not in str(found)


def test_a_name_that_is_nearly_right_is_pointed_out() -> None:
    assert problems(presure=120)["presure"][1] == "Did you mean pressure?"


@pytest.mark.parametrize("value", [0, 120, 119.99999999999, 120.0000000001, 121, -1, "61.5", 7.25])
def test_numbers_are_read_as_those_of_training_data(value: object) -> None:
    cells = pd.Series([value], dtype=object)
    column = RawColumn(
        cells,
        None,
        ColumnSettings(column="years", feature="age", unit="a"),
        Place("file", "years", np.array([2])),
        frozenset(),
    )
    values, found = convert(column, CONTRACT.features["age"], None)
    if found:
        assert problems(age=value)["age"][0] == found[0].expected
    else:
        assert READER.read({"age": value}).values["age"] == values[0]


def test_identifying_words_leave_the_note() -> None:
    case = READER.read({"note": "Call 612 345 678 for Ana"})
    assert "612" not in str(case.values["note"])
