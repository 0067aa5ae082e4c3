"""A checked expression, and its value for every row of a table.

A formula is plain data: it can be sent to another process, and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np

from shared.derived.kinds import Column, Kind, Number, blank, is_missing, is_numeric, objects

Operation: TypeAlias = Callable[..., Column]


@dataclass(frozen=True)
class FeatureValue:
    """The value of a feature."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Literal:
    """A value that is written in the expression."""

    kind: Kind
    value: float | str


@dataclass(frozen=True)
class Applied:
    """An operation on other formulas.

    Attributes
    ----------
    operation : callable
        Takes a column for each operand and returns one. It is given only rows in which no operand
        is missing, and gives no missing value itself; all other rows are missing.
    sees_missing : bool
        It is given all rows instead, and says itself which are missing.
    """

    kind: Kind
    operation: Operation
    operands: tuple[Formula, ...]
    sees_missing: bool = False


Formula: TypeAlias = FeatureValue | Literal | Applied


def evaluate(formula: Formula, columns: Mapping[str, Column], rows: int) -> Column:
    """Return the value of a formula for each row.

    Parameters
    ----------
    columns : mapping of str to array of shape (rows,)
        By feature, as `shared.derived.kinds` describes them.

    Returns
    -------
    array of shape (rows,)
        A number that is not finite is missing.
    """
    if isinstance(formula, FeatureValue):
        return columns[formula.name]
    if isinstance(formula, Literal):
        return _repeated(formula, rows)
    operands = [evaluate(each, columns, rows) for each in formula.operands]
    with np.errstate(all="ignore"):
        found = _applied(formula, operands, rows)
    if isinstance(formula.kind, Number):
        return np.where(np.isfinite(found), found, np.nan)
    return found


def _repeated(literal: Literal, rows: int) -> Column:
    if is_numeric(literal.kind):
        return np.full(rows, float(literal.value))
    return objects([literal.value] * rows)


def _applied(formula: Applied, operands: list[Column], rows: int) -> Column:
    if formula.sees_missing:
        return formula.operation(*operands)
    absent = [
        is_missing(each.kind, column)
        for each, column in zip(formula.operands, operands, strict=True)
    ]
    complete = ~reduce(np.logical_or, absent)
    found = blank(formula.kind, rows)
    found[complete] = formula.operation(*[column[complete] for column in operands])
    return found
