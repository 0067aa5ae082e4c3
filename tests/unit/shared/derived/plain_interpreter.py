"""Random expressions, and a second way to compute them: one row at a time, in plain Python.

It shares nothing with the product: expressions are built as trees, written down as text for the
product, and computed here from the trees. Missing is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.ontology import HumanPhenotypeOntology

Row = dict[str, Any]
CODES = {"c": ("x", "y", "z"), "d": ("y", "w")}
TERMS = ("HP:0001166", "HP:0001519", "HP:0000545", "HP:0001250", "HP:0000098", "HP:0001083")
ABOVE = ("HP:0000478", "HP:0001626", "HP:0001166", "HP:0012372")


@dataclass(frozen=True)
class Expression:
    """A text, and what it is for one row."""

    text: str
    value: Callable[[Row], Any]


def strict(function: Callable[..., Any], *operands: Expression) -> Callable[[Row], Any]:
    def value(row: Row) -> object:
        found = [each.value(row) for each in operands]
        return None if any(each is None for each in found) else function(*found)

    return value


def number(function: Callable[..., float], *operands: Expression) -> Callable[[Row], Any]:
    """Missing too where the result is no finite number."""

    def computed(*values: float) -> float | None:
        try:
            result = function(*values)
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        return result if math.isfinite(result) else None

    return strict(computed, *operands)


def lies_under(term: str, code: str) -> bool:
    known = HumanPhenotypeOntology()
    return term == code or any(lies_under(above, code) for above in known.parents(term))


def band_of(value: float, low: float, high: float) -> str:
    names = (f"below {low:.12g}", f"{low:.12g} to {high:.12g}", f"{high:.12g} and above")
    return names[0] if value < low else names[1] if value < high else names[2]


def yes_count(*operands: Expression) -> Callable[[Row], Any]:
    def value(row: Row) -> object:
        known = [each for each in (flag.value(row) for flag in operands) if each is not None]
        return float(sum(known)) if known else None

    return value


def coalesced(*operands: Expression) -> Callable[[Row], Any]:
    def value(row: Row) -> object:
        return next((found for each in operands if (found := each.value(row)) is not None), None)

    return value


def either(test: Expression, then: Expression, other: Expression) -> Callable[[Row], Any]:
    def value(row: Row) -> object:
        found = test.value(row)
        return None if found is None else (then if found else other).value(row)

    return value


def feature(name: str) -> Expression:
    return Expression(name, lambda row: row[name])


TERMS_FEATURE = feature("t")


def literals() -> SearchStrategy[Expression]:
    values = st.integers(-60, 60).map(lambda tenths: tenths / 10)
    return values.map(lambda value: Expression(f"({value})", lambda _row: value))


def of_terms(code: str) -> Expression:
    def value(row: Row) -> object:
        terms = row["t"]
        return float(sum(lies_under(term, code) for term in set(terms))) if terms else None

    return Expression(f'count_under(t, "{code}")', value)


def has(code: str) -> Expression:
    counted = of_terms(code)
    return Expression(f'has(t, "{code}")', strict(lambda count: count > 0, counted))


def code_is(name: str, codes: list[str], inside: bool) -> Expression:
    listed = ", ".join(f'"{code}"' for code in codes)
    word = "in" if inside else "not in"
    found = strict(lambda code: (code in codes) is inside, feature(name))
    return Expression(f"({name} {word} [{listed}])", found)


BINARY: dict[str, Callable[[float, float], float]] = {
    "({} + {})": lambda a, b: a + b,
    "({} - {})": lambda a, b: a - b,
    "({} * {})": lambda a, b: a * b,
    "({} / {})": lambda a, b: a / b,
    "min({}, {})": min,
    "max({}, {})": max,
}
UNARY: dict[str, Callable[[float], float]] = {
    "(-{})": lambda a: -a,
    "abs({})": abs,
    "sqrt({})": math.sqrt,
    "log({})": math.log,
    "exp({})": math.exp,
    "floor({})": lambda a: float(math.floor(a)),
    "round({})": lambda a: float(round(a)),
    "({} ** 2)": lambda a: a**2,
}
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "({} < {})": lambda a, b: a < b,
    "({} >= {})": lambda a, b: a >= b,
    "({} == {})": lambda a, b: a == b,
    "({} != {})": lambda a, b: a != b,
}
LOGIC: dict[str, Callable[[bool, bool], bool]] = {
    "({} and {})": lambda a, b: a and b,
    "({} or {})": lambda a, b: a or b,
}


def numbers(children: int) -> SearchStrategy[Expression]:
    leaves = st.one_of(
        st.sampled_from([feature("a"), feature("b")]),
        literals(),
        st.just(
            Expression("count(t)", lambda row: float(len(set(row["t"]))) if row["t"] else None)
        ),
        st.sampled_from(ABOVE).map(of_terms),
    )
    if not children:
        return leaves
    inner, flags = numbers(children - 1), truths(children - 1)
    return st.one_of(
        leaves,
        st.builds(
            lambda text, x, y: Expression(text.format(x.text, y.text), number(BINARY[text], x, y)),
            st.sampled_from(list(BINARY)),
            inner,
            inner,
        ),
        st.builds(
            lambda text, x: Expression(text.format(x.text), number(UNARY[text], x)),
            st.sampled_from(list(UNARY)),
            inner,
        ),
        st.builds(
            lambda x, y: Expression(f"coalesce({x.text}, {y.text})", coalesced(x, y)),
            inner,
            inner,
        ),
        st.builds(
            lambda x, y: Expression(f"number_of_yes({x.text}, {y.text})", yes_count(x, y)),
            flags,
            flags,
        ),
        st.builds(
            lambda test, x, y: Expression(
                f"({x.text} if {test.text} else {y.text})", either(test, x, y)
            ),
            flags,
            inner,
            inner,
        ),
    )


def truths(children: int) -> SearchStrategy[Expression]:
    leaves = st.one_of(
        st.sampled_from([feature("f"), feature("g"), Expression("true", lambda _row: True)]),
        st.sampled_from(ABOVE).map(has),
        st.builds(
            code_is,
            st.just("c"),
            st.lists(st.sampled_from(CODES["c"]), min_size=1, max_size=3),
            st.booleans(),
        ),
        st.just(Expression("(c == d)", strict(lambda c, d: c == d, feature("c"), feature("d")))),
        st.sampled_from(["a", "f", "c", "t"]).map(
            lambda name: Expression(f"missing({name})", lambda row: not_there(row[name]))
        ),
    )
    if not children:
        return leaves
    inner, values = truths(children - 1), numbers(children - 1)
    return st.one_of(
        leaves,
        st.builds(
            lambda text, x, y: Expression(
                text.format(x.text, y.text), strict(COMPARED[text], x, y)
            ),
            st.sampled_from(list(COMPARED)),
            values,
            values,
        ),
        st.builds(
            lambda text, x, y: Expression(text.format(x.text, y.text), strict(LOGIC[text], x, y)),
            st.sampled_from(list(LOGIC)),
            inner,
            inner,
        ),
        inner.map(lambda x: Expression(f"(not {x.text})", strict(lambda each: not each, x))),
        st.builds(
            lambda x, y, z: Expression(
                f"({x.text} < {y.text} <= {z.text})",
                strict(
                    lambda one, two: one and two,
                    Expression("", strict(lambda a, b: a < b, x, y)),
                    Expression("", strict(lambda a, b: a <= b, y, z)),
                ),
            ),
            values,
            values,
            values,
        ),
    )


def codes(children: int) -> SearchStrategy[Expression]:
    banded = st.builds(
        lambda x, low, gap: Expression(
            f"band({x.text}, {low}, {low + gap})",
            strict(lambda value: band_of(value, low, low + gap), x),
        ),
        numbers(children),
        st.integers(-5, 5),
        st.integers(1, 5),
    )
    crossed = st.builds(
        lambda x, flag: Expression(
            f"cross({x.text}, {flag.text})",
            strict(lambda code, yes: f"{code} & {'yes' if yes else 'no'}", x, flag),
        ),
        st.one_of(st.just(feature("c")), banded),
        truths(children),
    )
    chosen = st.builds(
        lambda test, x, y: Expression(
            f"({x.text} if {test.text} else {y.text})", either(test, x, y)
        ),
        truths(children),
        st.sampled_from([feature("c"), feature("d")]),
        st.sampled_from([feature("c"), Expression('"unknown"', lambda _row: "unknown")]),
    )
    return st.one_of(banded, crossed, chosen)


def not_there(value: object) -> bool:
    return value is None or value == ()


def rows() -> SearchStrategy[list[Row]]:
    values = st.one_of(st.none(), st.integers(-40, 40).map(lambda tenths: tenths / 10))
    row = st.fixed_dictionaries(
        {
            "a": values,
            "b": values,
            "f": st.sampled_from([None, True, False]),
            "g": st.sampled_from([None, True, False]),
            "c": st.sampled_from([None, *CODES["c"]]),
            "d": st.sampled_from([None, *CODES["d"]]),
            "t": st.lists(st.sampled_from(TERMS), max_size=4, unique=True).map(tuple),
        }
    )
    return cast("SearchStrategy[list[Row]]", st.lists(row, min_size=1, max_size=6))
