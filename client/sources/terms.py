"""Cells with several codes of a terminology into sets of terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from client.sources.codes import normalise_code
from client.sources.mapping import ColumnSettings
from client.sources.numbers import Place
from shared.contract import TermsFeature
from shared.errors import Problem

SEPARATOR = ";"


def convert_terms(
    cells: pd.Series,
    settings: ColumnSettings,
    feature: TermsFeature,
    place: Place,
    missing: frozenset[str],
    known_term: Callable[[str], bool] | None,
) -> tuple[pd.Series, list[Problem]]:
    """Return a tuple of terms for each cell, each term once, and the problems.

    Parameters
    ----------
    cells : Series of shape (rows,)
        Texts with a separator between codes, or lists of codes.
    known_term : callable or None
        Says whether the ontology has a term.
    """
    reader = _TermReader(settings, feature, missing, known_term)
    terms: list[tuple[str, ...]] = []
    bad = np.zeros((3, len(cells)), dtype=np.bool_)
    for row, cell in enumerate(cells):
        found = list(dict.fromkeys(reader.term(code) for code in reader.split(cell)))
        bad[0, row] = reader.MALFORMED in found
        bad[1, row] = reader.UNKNOWN in found
        bad[2, row] = len(found) > feature.maximum_terms
        terms.append(() if bad[:, row].any() else tuple(found))
    system = feature.code_system
    fix = "Correct the cell, or add its codes to the column's codes in the mapping."
    limit = f"at most {feature.maximum_terms} terms"
    problems = [
        *place.problems(bad[0], f"codes of {system} that look like {feature.pattern}", fix),
        *place.problems(bad[1], f"codes that this release of {system} knows", fix),
        *place.problems(bad[2], limit, "Keep the terms that describe the patient best."),
    ]
    return pd.Series(terms, dtype=object), problems


class _TermReader:
    """Splits cells and translates each local code once, however often it occurs."""

    MALFORMED = "\x00malformed"
    UNKNOWN = "\x00unknown"

    def __init__(
        self,
        settings: ColumnSettings,
        feature: TermsFeature,
        missing: frozenset[str],
        known_term: Callable[[str], bool] | None,
    ) -> None:
        self._separator = settings.separator or SEPARATOR
        self._codes = settings.codes or {}
        self._pattern = re.compile(feature.pattern)
        self._missing = missing
        self._known_term = known_term
        self._seen: dict[str, str] = {}

    def split(self, cell: object) -> Iterable[str]:
        """Return the local codes of a cell; none for a missing one."""
        if isinstance(cell, str):
            parts: Iterable[object] = cell.split(self._separator)
        elif isinstance(cell, list | tuple | np.ndarray):
            parts = cell
        else:
            parts = [] if pd.isna(cell) else [cell]  # type: ignore[call-overload]
        codes = (normalise_code(part) for part in parts if part is not None)
        return [code for code in codes if code and code not in self._missing]

    def term(self, code: str) -> str:
        """Return the term of a local code, or what is wrong with it."""
        if code not in self._seen:
            self._seen[code] = self._look_up(code)
        return self._seen[code]

    def _look_up(self, code: str) -> str:
        term = self._codes.get(code, code)
        if self._pattern.fullmatch(term) is None:
            return self.MALFORMED
        if self._known_term is not None and not self._known_term(term):
            return self.UNKNOWN
        return term
