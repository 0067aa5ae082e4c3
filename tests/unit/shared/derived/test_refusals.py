"""What is no expression, or does not fit, is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.shared.derived.conftest import contract_with


def refusal(*derived: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        contract_with(*derived)
    return str(caught.value.errors()[0]["msg"])


REFUSED = {
    "agee / 2": "column 1: there is no feature 'agee'",
    "a + yearz": "column 5: there is no feature 'yearz'; did you mean 'years'?",
    "a +": "column 4: this is no expression",
    "years + days": "one is in a, the other in d",
    "years > days": "one is in a, the other in d",
    "days(a)": "expected a time, in one of s, min, h, d, wk, mo, a; found 1",
    "days(3)": "found no unit",
    "years(days) + days": "one is in a, the other in d",
    "number_within(years, 1, days)": "one is in a, the other in d",
    "log(c)": "column 5: expected a number, found a code",
    "a if c else b": "column 6: expected yes or no, found a code",
    "coalesce(a, c)": "different kinds: a number, a code",
    "band(a, 6, 4)": "edges of bands are written numbers that rise",
    "band(a, b)": "edges of bands are written numbers",
    "min(a)": "write it as min(number, number, ...)",
    "minimum(a, b)": "no function 'minimum'",
    "min": "min is a function",
    "count(a)": "expected a set of terms, found a number",
    'count_under(t, "phenotype")': "codes of HPO look like",
    "count_under(t, c)": "expected a code of HPO in quotes",
    "a // b": "only + - * / and **",
    "a.real": "may not hold a dot",
    "(lambda: a)()": "may not hold lambda",
    "a[0]": "may not hold square brackets",
    "f'{a}'": "may not hold an f-string",
    "[a for a in b]": "may not hold this",
    "(a := 3)": "may not hold :=",
    "max(*t)": "may not hold *",
    "None": "only numbers, texts in quotes, true and false",
    "b'a'": "only numbers, texts in quotes, true and false",
    "1e999": "this number is too large",
    "9" * 400: "this number is too large",
    "a # a comment": "column 3: an expression holds no comment",
    "": "the expression is empty",
    "a +" * 900 + "a": "at most 2000 characters",
    "-" * 1500 + "a": "levels",
    "(" * 1500 + "a": "this is no expression",
    "__import__('os').system('id')": "may not hold a dot",
    "open('/etc/passwd')": "there is no function 'open'",
    "meaning(note)": "a numeric feature needs a number; the expression gives the meaning",
    "a is b": "compare with < <= > >= == != or in",
    "~f": "write `not`",
}


@pytest.mark.parametrize("text", REFUSED)
def test_each_is_refused_with_what_is_wrong(text: str) -> None:
    assert REFUSED[text] in refusal({"expression": text})


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("flag", "a", "a flag needs yes or no; the expression gives a number"),
        ("categorical", "a", "a categorical feature needs codes"),
        ("terms", "a", "terms need a set of terms"),
        ("embedding", "note", "an embedding is written meaning(NOTE)"),
        ("flag", 'c == "w"', "'w' is never one of 'x', 'y', 'z'"),
        ("flag", '"w" == c', "'w' is never one of 'x', 'y', 'z'"),
        ("flag", 'c in ("x", "q")', "'q' is never one of 'x', 'y', 'z'"),
        ("flag", "a in (1, 2)", "write `in` as in"),
        ("flag", 'a < "x"', "cannot be compared like this"),
        ("categorical", "cross(c, a)", "expected a code or a flag"),
    ],
)
def test_a_declaration_must_fit_its_expression(kind: str, text: str, said: str) -> None:
    assert said in refusal({"kind": kind, "expression": text})


def test_the_caret_stands_under_the_place_of_a_text_of_several_lines() -> None:
    said = refusal({"expression": "a +\n  \t(b + ñandú) +\n  c_ount"})
    assert said.splitlines()[-3:] == [
        "Value error, derived x: line 2, column 9: there is no feature 'ñandú'",
        "       (b + ñandú) +",
        "            ^",
    ]


def test_units_must_be_those_declared() -> None:
    said = refusal({"expression": "years - 3", "unit": "d"})
    assert "unit is 'd', and the expression gives 'a'" in said
    assert contract_with({"expression": "years * 365.25", "unit": "d"}).features["x"]


def test_features_that_need_each_other_are_named() -> None:
    said = refusal(
        {"name": "x", "expression": "y + 1"},
        {"name": "y", "expression": "z"},
        {"name": "z", "expression": "x"},
    )
    assert "derived features need each other" in said
    assert all(name in said for name in "xyz")
    assert "x -> x" in refusal({"name": "x", "expression": "x + 1"})


def test_everything_wrong_is_listed_at_once_and_only_once() -> None:
    said = refusal(
        {"name": "x", "expression": "wrong + 1"},
        {"name": "y", "expression": "x + 1"},
        {"name": "z", "expression": "log(c)"},
    )
    assert said.count("derived") == 2


def test_codes_must_be_those_the_expression_gives() -> None:
    named = [{"code": code, "name": code} for code in ("x", "q")]
    said = refusal({"kind": "categorical", "expression": "c", "codes": named})
    assert "codes lacks 'y', 'z'; 'q' can never occur" in said
    said = refusal({"kind": "categorical", "expression": "band(a, 1, 2)", "codes": named})
    assert "codes has 2, for the 3 bands: below 1, 1 to 2, 2 and above" in said


def test_two_features_of_one_name_are_refused() -> None:
    assert "a appears more than once" in refusal({"name": "a", "expression": "b"})
