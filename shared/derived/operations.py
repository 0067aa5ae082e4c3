"""What expressions compute, column by column.

Unless said otherwise, an operation sees only rows in which nothing is missing.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from shared.derived.kinds import Column, Kind, blank, is_missing, objects
from shared.ontology import terminology

CROSS = " & "


def smallest(*columns: Column) -> Column:
    """Return the smallest of several numbers."""
    return reduce(np.minimum, columns)


def largest(*columns: Column) -> Column:
    """Return the largest of several numbers."""
    return reduce(np.maximum, columns)


def all_of(*columns: Column) -> Column:
    """Return whether all flags are yes."""
    return reduce(np.logical_and, [column > 0 for column in columns])


def any_of(*columns: Column) -> Column:
    """Return whether any flag is yes."""
    return reduce(np.logical_or, [column > 0 for column in columns])


def negated(column: Column) -> Column:
    """Return no for yes."""
    return np.equal(column, 0)


def one_of(column: Column, *, codes: frozenset[str], inside: bool) -> Column:
    """Return whether a code is among some, or is not."""
    return np.array([(each in codes) is inside for each in column], dtype=np.bool_)


def same(left: Column, right: Column, *, equal: bool) -> Column:
    """Return whether two codes are the same, or are not."""
    pairs = zip(left, right, strict=True)
    return np.array([(first == second) is equal for first, second in pairs], dtype=np.bool_)


def bands(column: Column, *, edges: tuple[float, ...], codes: tuple[str, ...]) -> Column:
    """Return the band in which a number lies; an edge belongs to the band above it."""
    positions = np.searchsorted(np.array(edges), column, side="right")
    return objects([codes[each] for each in positions])


def crossed(*columns: Column, flags: tuple[bool, ...]) -> Column:
    """Return the combination of several codes."""
    names = [
        ["yes" if each else "no" for each in column] if is_flag else list(column)
        for column, is_flag in zip(columns, flags, strict=True)
    ]
    return objects([CROSS.join(each) for each in zip(*names, strict=True)])


def counted(column: Column) -> Column:
    """Return how many terms are recorded."""
    return np.array([len(set(terms)) for terms in column], dtype=np.float64)


def counted_under(column: Column, *, code_system: str, code: str) -> Column:
    """Return how many of the recorded terms are a given one or lie below it."""
    chosen = chosen_under(column, code_system=code_system, code=code)
    return np.array([len(set(terms)) for terms in chosen], dtype=np.float64)


def has_term(column: Column, *, code_system: str, code: str) -> Column:
    """Return whether a given term, or one below it, is recorded."""
    chosen = chosen_under(column, code_system=code_system, code=code)
    return np.array([bool(terms) for terms in chosen], dtype=np.bool_)


def chosen_under(column: Column, *, code_system: str, code: str) -> Column:
    """Return those of the recorded terms that are a given one or lie below it."""
    known = terminology(code_system)
    return objects(
        [tuple(term for term in terms if code in known.ancestors(term)) for terms in column]
    )


def missing(column: Column, *, kind: Kind) -> Column:
    """Return whether a value is missing; sees all rows."""
    return is_missing(kind, column).astype(np.float64)


def first_present(*columns: Column, kind: Kind) -> Column:
    """Return the first value that is not missing; sees all rows."""
    found = columns[0].copy()
    for column in columns[1:]:
        absent = is_missing(kind, found)
        found[absent] = column[absent]
    return found


def number_of_yes(*columns: Column) -> Column:
    """Return how many flags are yes, of those that are known; missing where none is.

    Sees all rows.
    """
    table = np.vstack(columns)
    known = ~np.isnan(table)
    return np.where(known.any(axis=0), np.where(known, table, 0.0).sum(axis=0), np.nan)


def number_within(reference: Column, window: Column, *events: Column) -> Column:
    """Return how many events lie at most so long before a moment, and not after it.

    An event that is missing is not counted; the number is missing where no event is known, or the
    moment is not. Sees all rows.
    """
    before = [reference - event for event in events]
    counted = np.vstack([(each >= 0) & (each <= window) for each in before]).sum(axis=0)
    known = np.vstack([~np.isnan(each) for each in before]).any(axis=0) & ~np.isnan(window)
    return np.where(known, counted.astype(np.float64), np.nan)


def chosen(condition: Column, then: Column, otherwise: Column, *, kind: Kind) -> Column:
    """Return one of two values; sees all rows, and is missing where the condition is."""
    found = blank(kind, len(condition))
    for value, column in ((1.0, then), (0.0, otherwise)):
        rows = condition == value
        found[rows] = column[rows]
    return found
