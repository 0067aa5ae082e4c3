"""One column of raw cells into the type of its feature, with everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.sources.codes import Mask, codes_of, normalise_code, texts_of
from client.sources.expected import named as named
from client.sources.mapping import ColumnSettings
from client.sources.numbers import Place, convert_numeric
from shared.contract import (
    CategoricalFeature,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.errors import Problem
from shared.ontology import terminology

KnownTerm = Callable[[str], bool]


@dataclass(frozen=True)
class RawColumn:
    """The cells of one mapped column.

    Attributes
    ----------
    cells : Series of shape (rows,)
    units : Series of shape (rows,) or None
        The cells of the column that names each row's unit.
    settings : ColumnSettings
    place : Place
    missing : frozenset of str
        Normalised codes that mean missing here.
    decimal : str
        Decimal sign of numbers that come as text.
    """

    cells: pd.Series
    units: pd.Series | None
    settings: ColumnSettings
    place: Place
    missing: frozenset[str]
    decimal: str = "."


def convert(
    column: RawColumn, feature: Feature, known_term: KnownTerm | None
) -> tuple[pd.Series, list[Problem]]:
    """Return a column in the type that `shared.records.Records` asks for, and its problems.

    Parameters
    ----------
    known_term : callable or None
        Says whether the ontology has a term; used for features of the code system HPO.

    Returns
    -------
    Series of shape (rows,), list of Problem
        A cell with a problem is missing in the series.
    """
    if isinstance(feature, NumericFeature):
        return convert_numeric(
            column.cells,
            column.units,
            column.settings.unit,
            feature,
            column.place,
            missing=column.missing,
            decimal=column.decimal,
            measured=column.settings.analyte,
        )
    if isinstance(feature, FlagFeature):
        return _convert_flag(column)
    if isinstance(feature, CategoricalFeature):
        return _convert_categorical(column, feature)
    if isinstance(feature, TermsFeature):
        # Terms need a loop of their own; only hospitals with terms load it.
        from client.sources.terms import convert_terms

        known = known_term or terminology(feature.code_system).is_known
        return convert_terms(
            column.cells, column.settings, feature, column.place, column.missing, known
        )
    return _convert_text(column, feature)


def coded(
    cells: pd.Series, missing: frozenset[str], meanings: dict[str, str], allowed: list[str]
) -> tuple[npt.NDArray[np.object_], Mask, Mask]:
    """Translate local codes.

    Parameters
    ----------
    meanings : dict of str to str
        Normalised local code to code of the contract.
    allowed : list of str
        Codes of the contract, which pass as they are unless `meanings` says otherwise.

    Returns
    -------
    codes : object array of shape (rows,)
        None where missing or unknown.
    absent, unknown : bool arrays of shape (rows,)
    """
    local = codes_of(cells, missing)
    as_they_are = {normalise_code(code): code for code in allowed}
    positions, unique = pd.factorize(local)
    meant = [meanings.get(code, as_they_are.get(code)) for code in unique]
    # A table of codes may lead to more than the contract has.
    known = [code if code in allowed or not allowed else None for code in meant]
    found = np.array([*known, None], dtype=object)[positions]
    absent = positions == -1
    return found, absent, pd.isna(found) & ~absent


def _convert_categorical(
    column: RawColumn, feature: CategoricalFeature
) -> tuple[pd.Series, list[Problem]]:
    allowed = [value.code for value in feature.codes]
    meanings = column.settings.codes or {}
    codes, _, unknown = coded(column.cells, column.missing, meanings, allowed)
    expected = f"a local code of the mapping, or one of {named(allowed)}"
    fix = "Correct the cell, or add its code to the column's codes or missing in the mapping."
    return pd.Series(codes, dtype=object), column.place.problems(unknown, expected, fix)


def _convert_flag(column: RawColumn) -> tuple[pd.Series, list[Problem]]:
    meanings = dict.fromkeys(column.settings.true or ["1"], "1")
    meanings |= dict.fromkeys(column.settings.false or ["0"], "0")
    codes, _, unknown = coded(column.cells, column.missing, meanings, [])
    expected = "a local code that the mapping lists under true or false"
    fix = "Correct the cell, or add its code to true, false or missing in the mapping."
    numbers = pd.Series(codes, dtype=object).map({"1": 1.0, "0": 0.0}).astype("float64")
    return numbers, column.place.problems(unknown, expected, fix)


def _convert_text(column: RawColumn, feature: TextFeature) -> tuple[pd.Series, list[Problem]]:
    texts = texts_of(column.cells, column.missing)
    lengths = texts.str.len().fillna(0).to_numpy(dtype=np.float64)
    too_long = lengths > feature.maximum_length
    expected = f"at most {feature.maximum_length} characters"
    problems = column.place.problems(too_long, expected, "Shorten the text.")
    plain = texts.astype(object).where(texts.notna().to_numpy() & ~too_long, None)
    if column.settings.scrub is False:
        return plain, problems
    return _scrubbed(plain, feature.maximum_length), problems


def _scrubbed(notes: pd.Series, maximum_length: int) -> pd.Series:
    """Return notes without what identifies; a placeholder may be longer than what it replaces."""
    from client.scrubbing import scrub

    texts = [None if note is None else scrub(note)[:maximum_length] for note in notes]
    return pd.Series(texts, index=notes.index, dtype=object)
