"""What expressions are worth: as a second implementation has it, for one row as for many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from shared.contract import Contract
from shared.records import records_from_columns
from tests.unit.shared.derived.conftest import contract_with
from tests.unit.shared.derived.plain_interpreter import (
    Expression,
    Row,
    codes,
    numbers,
    rows,
    truths,
)

KINDS: dict[str, Callable[[int], SearchStrategy[Expression]]] = {
    "numeric": numbers,
    "flag": truths,
    "categorical": codes,
}


def computed(contract: Contract, table: list[Row]) -> list[Any]:
    columns: dict[str, list[object]] = {
        name: [row.get(name) for row in table] for name in contract.recorded
    }
    records = records_from_columns(contract, columns, ["none"] * len(table))
    return records.table["x"].tolist()


def derived(kind: str, text: str) -> Contract:
    named = {"minimum": -1e300, "maximum": 1e300} if kind == "numeric" else {}
    return contract_with({"kind": kind, "expression": text, **named})


def same(found: object, expected: object) -> bool:
    if expected is None:
        return found is None or (isinstance(found, float) and np.isnan(found))
    if isinstance(expected, str):
        return found == expected
    return bool(np.isclose(float(found), float(expected), rtol=1e-9, atol=1e-12))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_expressions_are_worth_what_plain_python_says_row_by_row(kind: str) -> None:
    @settings(max_examples=250, deadline=None, derandomize=True, database=None)
    @given(expression=KINDS[kind](2), table=rows())
    def check(expression: Expression, table: list[Row]) -> None:
        found = computed(derived(kind, expression.text), table)
        for value, row in zip(found, table, strict=True):
            assert same(value, expression.value(row)), (expression.text, row, value)

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_worth_the_same_as_among_many(kind: str) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(expression=KINDS[kind](2), table=rows())
    def check(expression: Expression, table: list[Row]) -> None:
        contract = derived(kind, expression.text)
        alone = [computed(contract, [row])[0] for row in table]
        together = computed(contract, table * 40)[: len(table)]
        assert [*map(repr, alone)] == [*map(repr, together)]

    check()


def value_of(text: str, **row: object) -> float:
    found: float = computed(derived("numeric", text), [row])[0]
    return found


@pytest.mark.parametrize("text", ["a / b", "log(b)", "sqrt(b - 1)", "exp(a * 1000)", "b ** -1"])
def test_what_is_no_number_is_missing(text: str) -> None:
    assert np.isnan(value_of(text, a=3.0, b=0.0))


@pytest.mark.parametrize(("years", "band"), [(39.9, "young"), (40, "middle"), (60, "old")])
def test_an_edge_belongs_to_the_band_above_and_codes_name_the_bands(
    years: float, band: str
) -> None:
    named = [{"code": code, "name": code} for code in ("young", "middle", "old")]
    contract = contract_with(
        {"kind": "categorical", "expression": "band(years, 40, 60)", "codes": named}
    )
    assert computed(contract, [{"years": years}, {"years": None}]) == [band, None]


def test_a_value_beyond_the_declared_range_counts_as_its_end() -> None:
    ends = {"minimum": 0, "maximum": 5}
    contract = contract_with({"kind": "numeric", "expression": "a", **ends})
    found = computed(contract, [{"a": -3.0}, {"a": 2.0}, {"a": 9.0}, {"a": None}])
    assert found[:3] == [0.0, 2.0, 5.0]
    assert np.isnan(found[3])


def test_differences_in_time_are_those_of_times_in_one_unit() -> None:
    contract = contract_with({"expression": "days(years) - days", "unit": "d"})
    assert computed(contract, [{"years": 2.0, "days": 30.5}]) == [700.0]
    contract = contract_with({"expression": "years(days)", "unit": "a"})
    assert computed(contract, [{"days": 730.5}]) == [2.0]


def test_events_in_a_window_are_counted() -> None:
    contract = contract_with({"expression": "number_within(days, 30, a * 1, b * 1)"})
    rows_of: list[Row] = [
        {"days": 90.0, "a": 61.0, "b": 60.0},
        {"days": 90.0, "a": 59.9, "b": 90.0},
        {"days": 90.0, "a": 91.0, "b": None},
        {"days": 90.0, "a": None, "b": None},
        {"days": None, "a": 61.0, "b": 60.0},
    ]
    found = computed(contract, rows_of)
    assert found[:3] == [2.0, 1.0, 0.0]
    assert np.isnan(found[3:]).all()


def test_features_are_computed_in_the_order_that_they_need() -> None:
    contract = contract_with(
        {"name": "x", "expression": "y + 1"},
        {"name": "y", "expression": "z * 2"},
        {"name": "z", "expression": "a"},
    )
    assert list(contract.features)[-3:] == ["x", "y", "z"]
    assert computed(contract, [{"a": 5.0}]) == [11.0]


def test_terms_can_be_chosen_by_what_they_lie_under() -> None:
    contract = contract_with({"name": "x", "kind": "terms", "expression": 'under(t, "HP:0000478")'})
    # Myopia is an abnormality of the eye, arachnodactyly is none.
    rows_of: list[Row] = [{"t": ("HP:0000545", "HP:0001166")}, {"t": ("HP:0001166",)}, {"t": ()}]
    assert computed(contract, rows_of) == [("HP:0000545",), (), ()]


TOKENS = (
    *("a", "f", "c", "t", "note", "x", "1", '"x"', "true", "log", "band", "has", "cross", "min"),
    *("(", ")", "[", "]", ",", "+", "-", "*", "/", "**", "<", "==", "and", "or", "not", "in"),
    *("if", "else", "lambda", ":", ".", "=", ":=", "%", "f'", "{", "}", "\\", "#", "\n", "\x00"),
)


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=9).map(" ".join))
def test_any_text_is_computed_or_refused_by_name(text: str) -> None:
    try:
        contract = derived("numeric", text)
    except ValidationError as error:
        said = str(error.errors()[0]["msg"])
    else:
        computed(contract, [{"a": 1.0, "f": True, "c": "x", "t": ("HP:0001166",)}, {}])
        return
    assert said.startswith("Value error, derived")
