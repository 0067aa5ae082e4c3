"""The functions that expressions may call."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np

from shared.derived import operations
from shared.derived.expression_error import ExpressionError
from shared.derived.formula import Applied, FeatureValue, Formula, Literal, Operation
from shared.derived.kinds import Codes, Flag, Kind, Meaning, Number, Terms, Text, in_words
from shared.derived.units import DAYS, common_kind

if TYPE_CHECKING:
    from shared.derived.checking import Checker

MOST_ARGUMENTS = 32
MOST_CROSSED = 256


@dataclass(frozen=True)
class Arguments:
    """What stands between the brackets of a call."""

    checker: Checker
    node: ast.Call
    usage: str

    def refuse_wrong_count(self, least: int, most: int) -> None:
        """Refuse too few or too many."""
        if not least <= len(self.node.args) <= most:
            raise self.checker.error(self.node, f"write it as {self.usage}")

    def error(self, index: int, what: str) -> ExpressionError:
        """Return an error at one argument."""
        return self.checker.error(self.node.args[index], what)

    def all(self) -> tuple[Formula, ...]:
        """Return all, of any kind."""
        return tuple(map(self.checker.formula, self.node.args))

    def numbers(self) -> tuple[Formula, ...]:
        """Return all, which must be numbers."""
        return tuple(map(self.checker.number, self.node.args))

    def flags(self) -> tuple[Formula, ...]:
        """Return all, which must be yes or no."""
        return tuple(map(self.checker.flag, self.node.args))

    def common(self, formulas: tuple[Formula, ...]) -> Kind:
        """Return the one kind that all are of."""
        found = common_kind([each.kind for each in formulas])
        if isinstance(found, str):
            raise self.checker.error(self.node, found)
        return found

    def terms(self) -> tuple[Formula, Terms]:
        """Return the first, which must be a set of terms."""
        formula = self.checker.formula(self.node.args[0])
        if not isinstance(formula.kind, Terms):
            raise self.error(0, f"expected a set of terms, found {in_words(formula.kind)}")
        return formula, formula.kind

    def code(self, of: Terms) -> str:
        """Return the second, which must be a code of a terminology."""
        formula = self.checker.formula(self.node.args[1])
        if not isinstance(formula, Literal) or not isinstance(formula.value, str):
            raise self.error(1, f"expected a code of {of.code_system} in quotes")
        if not re.search(of.pattern, formula.value):
            raise self.error(1, f"codes of {of.code_system} look like {of.pattern}")
        return formula.value


@dataclass(frozen=True)
class Function:
    """A function of the language."""

    usage: str
    least: int
    most: int
    build: Callable[[Arguments], Formula]


def _plain(operation: Operation, *, keeps_unit: bool = False) -> Callable[[Arguments], Formula]:
    """Return how to build a function of one number."""

    def build(arguments: Arguments) -> Formula:
        operands = arguments.numbers()
        unit = arguments.checker.unit(arguments.node, *operands) if keeps_unit else None
        return Applied(Number(unit), operation, operands)

    return build


def _band(arguments: Arguments) -> Formula:
    value, *edges = arguments.numbers()
    limits = [each.value for each in edges if isinstance(each, Literal)]
    numbers = [float(each) for each in limits]
    rising = all(low < high for low, high in pairwise(numbers))
    if len(numbers) < len(edges) or not rising:
        raise arguments.error(1, "the edges of bands are written numbers that rise")
    names = [f"{each:.12g}" for each in numbers]
    inner = [f"{low} to {high}" for low, high in pairwise(names)]
    codes = (f"below {names[0]}", *inner, f"{names[-1]} and above")
    operation = partial(operations.bands, edges=tuple(numbers), codes=codes)
    return Applied(Codes(codes, banded=True), operation, (value,))


def _cross(arguments: Arguments) -> Formula:
    operands = arguments.all()
    levels: list[tuple[str, ...]] = []
    for index, each in enumerate(operands):
        if isinstance(each.kind, Codes):
            levels.append(each.kind.codes)
        elif isinstance(each.kind, Flag):
            levels.append(("no", "yes"))
        else:
            raise arguments.error(index, f"expected a code or a flag, found {in_words(each.kind)}")
    codes = tuple(operations.CROSS.join(each) for each in product(*levels))
    if len(codes) > MOST_CROSSED:
        raise arguments.error(0, f"{len(codes)} combinations; at most {MOST_CROSSED}")
    flags = tuple(isinstance(each.kind, Flag) for each in operands)
    return Applied(Codes(codes), partial(operations.crossed, flags=flags), operands)


def _coalesce(arguments: Arguments) -> Formula:
    operands = arguments.all()
    kind = arguments.common(operands)
    operation = partial(operations.first_present, kind=kind)
    return Applied(kind, operation, operands, sees_missing=True)


def _missing(arguments: Arguments) -> Formula:
    (operand,) = arguments.all()
    operation = partial(operations.missing, kind=operand.kind)
    return Applied(Flag(), operation, (operand,), sees_missing=True)


def _number_of_yes(arguments: Arguments) -> Formula:
    return Applied(Number(), operations.number_of_yes, arguments.flags(), sees_missing=True)


def _in_time(unit: str) -> Callable[[Arguments], Formula]:
    """Return how to build the conversion of a time to a unit of time."""

    def build(arguments: Arguments) -> Formula:
        (operand,) = arguments.numbers()
        given = operand.kind.unit if isinstance(operand.kind, Number) else None
        if given not in DAYS:
            raise arguments.error(
                0, f"expected a time, in one of {', '.join(DAYS)}; found {given or 'no unit'}"
            )
        factor = Literal(Number(), DAYS[given] / DAYS[unit])
        return Applied(Number(unit), np.multiply, (operand, factor))

    return build


def _number_within(arguments: Arguments) -> Formula:
    operands = arguments.numbers()
    arguments.checker.unit(arguments.node, *operands)
    return Applied(Number(), operations.number_within, operands, sees_missing=True)


def _count(arguments: Arguments) -> Formula:
    return Applied(Number(), operations.counted, (arguments.terms()[0],))


def _of_terms(operation: Operation, result: Kind | None) -> Callable[[Arguments], Formula]:
    """Return how to build a function of a set of terms and a code."""

    def build(arguments: Arguments) -> Formula:
        formula, kind = arguments.terms()
        code = arguments.code(kind)
        bound = partial(operation, code_system=kind.code_system, code=code)
        return Applied(result or kind, bound, (formula,))

    return build


def _meaning(arguments: Arguments) -> Formula:
    (note,) = arguments.all()
    if not isinstance(note.kind, Text) or not isinstance(note, FeatureValue):
        raise arguments.error(0, f"expected a note, found {in_words(note.kind)}")
    return FeatureValue(Meaning(), note.name)


def _number(usage: str, build: Callable[[Arguments], Formula]) -> Function:
    return Function(usage, 1, 1, build)


FUNCTIONS: dict[str, Function] = {
    "abs": _number("abs(number)", _plain(np.abs, keeps_unit=True)),
    "floor": _number("floor(number)", _plain(np.floor, keeps_unit=True)),
    "round": _number("round(number)", _plain(np.rint, keeps_unit=True)),
    "sqrt": _number("sqrt(number)", _plain(np.sqrt)),
    "exp": _number("exp(number)", _plain(np.exp)),
    "log": _number("log(number), the natural logarithm", _plain(np.log)),
    "log2": _number("log2(number)", _plain(np.log2)),
    "log10": _number("log10(number)", _plain(np.log10)),
    "min": Function(
        "min(number, number, ...)",
        *(2, MOST_ARGUMENTS, _plain(operations.smallest, keeps_unit=True)),
    ),
    "max": Function(
        "max(number, number, ...)",
        *(2, MOST_ARGUMENTS, _plain(operations.largest, keeps_unit=True)),
    ),
    "band": Function("band(number, edge, edge, ...)", 2, MOST_ARGUMENTS, _band),
    "cross": Function("cross(code, code, ...)", 2, 4, _cross),
    "coalesce": Function("coalesce(value, value, ...)", 2, MOST_ARGUMENTS, _coalesce),
    "missing": Function("missing(value)", 1, 1, _missing),
    "number_of_yes": Function("number_of_yes(flag, flag, ...)", 1, MOST_ARGUMENTS, _number_of_yes),
    "days": _number("days(time)", _in_time("d")),
    "years": _number("years(time)", _in_time("a")),
    "number_within": Function(
        "number_within(moment, window, event, event, ...)",
        *(3, MOST_ARGUMENTS, _number_within),
    ),
    "count": Function("count(terms)", 1, 1, _count),
    "count_under": Function(
        'count_under(terms, "code")', 2, 2, _of_terms(operations.counted_under, Number())
    ),
    "has": Function('has(terms, "code")', 2, 2, _of_terms(operations.has_term, Flag())),
    "under": Function('under(terms, "code")', 2, 2, _of_terms(operations.chosen_under, None)),
    "meaning": Function("meaning(note)", 1, 1, _meaning),
}
