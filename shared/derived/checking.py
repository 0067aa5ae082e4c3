"""From a syntax tree to a formula: every name is known, every operand of the right kind."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

import numpy as np

from shared.derived import operations
from shared.derived.expression_error import ExpressionError
from shared.derived.formula import Applied, FeatureValue, Formula, Literal, Operation
from shared.derived.functions import FUNCTIONS, Arguments
from shared.derived.kinds import Codes, Flag, Kind, Number, in_words, is_numeric
from shared.derived.parsing import Parsed
from shared.derived.units import common_kind, common_unit

ARITHMETIC: dict[type[ast.operator], Operation] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
COMPARISONS: dict[type[ast.cmpop], Operation] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
LITERALS = {"true": True, "false": False}


@dataclass(frozen=True)
class Checker:
    """Checks one expression.

    Parameters
    ----------
    kinds : mapping of str to Kind
        Of the features that it may name.
    """

    parsed: Parsed
    kinds: Mapping[str, Kind]

    def check(self) -> Formula:
        """Return the formula.

        Raises
        ------
        ExpressionError
            At the first part that does not fit.
        """
        return self.formula(self.parsed.tree)

    def formula(self, node: ast.expr) -> Formula:
        """Return the formula of a part."""
        if isinstance(node, ast.Name):
            return self.name(node)
        if isinstance(node, ast.Constant):
            return self.constant(node)
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node)
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.BoolOp):
            return self.logic(node)
        if isinstance(node, ast.Compare):
            return self.comparisons(node)
        if isinstance(node, ast.IfExp):
            return self.choice(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        raise self.error(node, "a list stands behind `in` only")

    def name(self, node: ast.Name) -> Formula:
        """Return a feature, or true or false."""
        if node.id in self.kinds:
            return FeatureValue(self.kinds[node.id], node.id)
        if node.id in LITERALS:
            return Literal(Flag(), float(LITERALS[node.id]))
        if node.id in FUNCTIONS:
            raise self.error(node, f"{node.id} is a function: {FUNCTIONS[node.id].usage}")
        raise self.error(node, f"there is no feature {node.id!r}{meant(node.id, self.kinds)}")

    def constant(self, node: ast.Constant) -> Formula:
        """Return what is written."""
        if isinstance(node.value, bool):
            return Literal(Flag(), float(node.value))
        if isinstance(node.value, str):
            return Literal(Codes((node.value,)), node.value)
        if isinstance(node.value, int | float):
            return Literal(Number(), self.finite(node))
        raise self.error(node, "only numbers, texts in quotes, true and false can be written")

    def finite(self, node: ast.Constant) -> float:
        """Return a number that is neither infinite nor too large."""
        try:
            number = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.error(node, "this number is too large")
        return number

    def arithmetic(self, node: ast.BinOp) -> Formula:
        """Return a sum, difference, product, ratio or power."""
        operation = ARITHMETIC.get(type(node.op))
        if operation is None:
            raise self.error(node, "only + - * / and ** are known between numbers")
        left, right = self.number(node.left), self.number(node.right)
        unit = None
        if isinstance(node.op, ast.Add | ast.Sub):
            unit = self.unit(node, left, right)
        return Applied(Number(unit), operation, (left, right))

    def unary(self, node: ast.UnaryOp) -> Formula:
        """Return what a sign or `not` makes of its operand."""
        if isinstance(node.op, ast.Not):
            return Applied(Flag(), operations.negated, (self.flag(node.operand),))
        operand = self.number(node.operand)
        if isinstance(node.op, ast.UAdd):
            return operand
        if not isinstance(node.op, ast.USub):
            raise self.error(node, "write `not` for the opposite of a flag")
        if isinstance(operand, Literal):
            return Literal(Number(), -float(operand.value))
        return Applied(Number(self.unit(node, operand)), np.negative, (operand,))

    def logic(self, node: ast.BoolOp) -> Formula:
        """Return `and` or `or` of flags."""
        operation = operations.all_of if isinstance(node.op, ast.And) else operations.any_of
        return Applied(Flag(), operation, tuple(map(self.flag, node.values)))

    def comparisons(self, node: ast.Compare) -> Formula:
        """Return one comparison, or several of a chain such as ``40 <= age < 60``."""
        places = [node.left, *node.comparators]
        pairs = zip(places, node.ops, places[1:], strict=False)
        found = tuple(self.comparison(left, each, right) for left, each, right in pairs)
        return found[0] if len(found) == 1 else Applied(Flag(), operations.all_of, found)

    def comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Formula:
        """Return whether two values stand as the operator says."""
        first = self.formula(left)
        if isinstance(operator, ast.In | ast.NotIn):
            return self.membership(left, first, isinstance(operator, ast.In), right)
        second = self.formula(right)
        equality = isinstance(operator, ast.Eq | ast.NotEq)
        if isinstance(first.kind, Codes) and isinstance(second.kind, Codes) and equality:
            return self.same_codes(left, first, second, equal=isinstance(operator, ast.Eq))
        if not (is_numeric(first.kind) and is_numeric(second.kind)):
            raise self.error(
                left,
                f"{in_words(first.kind)} and {in_words(second.kind)} cannot be compared like this",
            )
        operation = COMPARISONS.get(type(operator))
        if operation is None:
            raise self.error(left, "compare with < <= > >= == != or in")
        self.unit(left, first, second)
        return Applied(Flag(), operation, (first, second))

    def same_codes(self, node: ast.expr, left: Formula, right: Formula, *, equal: bool) -> Formula:
        """Return whether two codes are the same; two that never are make no sense."""
        first, second = left.kind, right.kind
        if isinstance(first, Codes) and isinstance(second, Codes):  # noqa: SIM102 - for mypy
            if not set(first.codes) & set(second.codes):
                known, other = (second, first) if isinstance(left, Literal) else (first, second)
                raise self.error(
                    node,
                    f"{', '.join(map(repr, other.codes[:4]))} is never one of "
                    f"{', '.join(map(repr, known.codes[:12]))}",
                )
        return Applied(Flag(), partial(operations.same, equal=equal), (left, right))

    def membership(self, node: ast.expr, left: Formula, inside: bool, right: ast.expr) -> Formula:
        """Return whether a code is in a list."""
        if not isinstance(left.kind, Codes) or not isinstance(right, ast.Tuple | ast.List):
            raise self.error(node, 'write `in` as in: sex in ("female", "other")')
        codes = [self.formula(each) for each in right.elts]
        for each, place in zip(codes, right.elts, strict=True):
            if not isinstance(each, Literal) or not isinstance(each.kind, Codes):
                raise self.error(place, "a list holds codes in quotes")
            self.same_codes(place, left, each, equal=True)
        chosen = frozenset(str(each.value) for each in codes if isinstance(each, Literal))
        operation = partial(operations.one_of, codes=chosen, inside=inside)
        return Applied(Flag(), operation, (left,))

    def choice(self, node: ast.IfExp) -> Formula:
        """Return ``a if condition else b``."""
        condition = self.flag(node.test)
        then, otherwise = self.formula(node.body), self.formula(node.orelse)
        kind = common_kind([then.kind, otherwise.kind])
        if isinstance(kind, str):
            raise self.error(node.orelse, kind)
        operation = partial(operations.chosen, kind=kind)
        return Applied(kind, operation, (condition, then, otherwise), sees_missing=True)

    def call(self, node: ast.Call) -> Formula:
        """Return a function of its arguments."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            known = f"; there are {', '.join(FUNCTIONS)}"
            raise self.error(
                node, f"there is no function {name!r}{meant(name, FUNCTIONS) or known}"
            )
        if node.keywords:
            raise self.error(node, f"arguments have no names: {FUNCTIONS[name].usage}")
        function = FUNCTIONS[name]
        arguments = Arguments(self, node, function.usage)
        arguments.refuse_wrong_count(function.least, function.most)
        return function.build(arguments)

    def number(self, node: ast.expr) -> Formula:
        """Return a part that must be a number; yes and no count as 1 and 0."""
        found = self.formula(node)
        if not is_numeric(found.kind):
            raise self.error(node, f"expected a number, found {in_words(found.kind)}")
        return found

    def flag(self, node: ast.expr) -> Formula:
        """Return a part that must be yes or no."""
        found = self.formula(node)
        if not isinstance(found.kind, Flag):
            raise self.error(node, f"expected yes or no, found {in_words(found.kind)}")
        return found

    def unit(self, node: ast.expr, *operands: Formula) -> str | None:
        """Return the unit that numbers share."""
        found = common_unit([each.kind for each in operands])
        if isinstance(found, tuple):
            raise self.error(
                node,
                f"one is in {found[0]}, the other in {found[1]}; bring them to one unit first, "
                "by a factor",
            )
        return found

    def error(self, node: ast.expr, what: str) -> ExpressionError:
        """Return an error at a part."""
        return self.parsed.error(node, what)


def meant(name: str, known: Mapping[str, object]) -> str:
    """Return a question whether something else was meant; empty where nothing is near."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
