"""How a column would hold a feature of each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from client.mapping_assistant.code_guess import (
    CodeGuess,
    guess_codes,
    is_number,
    markers_among,
    same_style,
)
from client.mapping_assistant.column_profile import MOST, Profile
from client.mapping_assistant.guess import Guess, percent
from client.mapping_assistant.unit_guess import guess_unit
from client.mapping_assistant.words import folded, parts, words
from shared.contract import CategoricalFeature, Feature, FlagFeature, NumericFeature, TermsFeature

# A column of many more codes than the feature has is something else.
MOST_CODES = 4
# In names of columns with findings that were looked for and are absent.
ABSENT = frozenset(
    {
        *("absent", "excluded", "negated", "negative", "ausente", "ausentes", "excluido"),
        *("excluidos", "descartado", "descartados", "negativo", "negativos"),
    }
)
SEPARATORS = (";", "|", ",", "/", "\n", " ")
YES_AND_NO = (
    ("1", "0"),
    ("yes", "no"),
    ("y", "n"),
    ("si", "no"),
    ("sí", "no"),
    ("s", "n"),
    ("true", "false"),
    ("t", "f"),
    ("positive", "negative"),
    ("positivo", "negativo"),
    ("pos", "neg"),
    ("present", "absent"),
    ("presente", "ausente"),
    ("verdadero", "falso"),
    ("v", "f"),
    ("+", "-"),
)
WORDS, NUMBERS, TWO_CODES, TEXT, UNKNOWN_CODES = 0.9, 0.75, 0.4, 0.9, 0.3


def guess_values(column: Profile, feature: Feature, smallest_cell: int) -> Guess:
    """Return what a mapping would say of a column that holds a feature.

    Returns
    -------
    Guess
        Confidence 0 where the column's cells cannot be values of the feature.
    """
    if not column.present or column.is_dates:
        return Guess(0.0)
    if isinstance(feature, NumericFeature):
        return guess_unit(column, feature) if column.numeric_share >= MOST else Guess(0.0)
    if isinstance(feature, FlagFeature):
        return _flag(column, smallest_cell)
    if isinstance(feature, CategoricalFeature):
        return _categorical(column, feature, smallest_cell)
    if isinstance(feature, TermsFeature):
        return _terms(column, feature)
    # No two notes are alike; what recurs is a code or a name.
    return Guess(TEXT, {}, {}) if column.is_text else Guess(0.0)


def _flag(column: Profile, smallest_cell: int) -> Guess:
    if column.holds_lists or not column.is_coded:
        return Guess(0.0)
    frequent = column.frequent(smallest_cell)
    true = [code for code in frequent if folded(code) in words().yes]
    false = [code for code in frequent if folded(code) in words().no]
    markers = markers_among(column.counts, [*true, *false])
    unknown = [code for code in frequent if code not in {*true, *false, *markers}]
    if not true and not false:
        doubts = [f"which of {_listed(unknown)} is yes, and which no"] if unknown else []
        return Guess(TWO_CODES if len(unknown) == 2 else 0.0, {}, {}, doubts)
    keys = {"true": sorted(true) or opposites(false), "false": sorted(false) or opposites(true)}
    if set(keys["true"]) & set(keys["false"]):
        return Guess(0.0)
    numbers = all(is_number(code) for code in [*true, *false])
    doubts = [f"what {_listed(unknown)} means"] if unknown else []
    confidence = NUMBERS if numbers else WORDS
    # Beside numbers a code with another meaning says that it is no flag.
    if unknown:
        confidence = 0.0 if numbers else TWO_CODES
    seen = {"true": "yes and no as they are written"}
    return _with_missing(Guess(confidence, keys, seen, doubts), markers)


def _with_missing(guess: Guess, markers: list[str]) -> Guess:
    """Return a guess that takes numbers such as -9 for "not recorded"."""
    if not markers or not guess.keys:
        return guess
    keys = {**guess.keys, "missing": markers}
    # A number below 0 counts and orders nothing; one above may.
    doubtful = [code for code in markers if not code.startswith("-")]
    doubts = [f"whether {_listed(doubtful)} means not recorded"] if doubtful else []
    seen = {**guess.seen, "missing": "usual for it, and no code"}
    return replace(guess, keys=keys, seen=seen, doubts=[*guess.doubts, *doubts])


def opposites(codes: Sequence[str]) -> list[str]:
    """Return what the other answer is written like, of which too few rows are here to be shown.

    >>> opposites(["N"]), opposites(["yes"])
    (['S', 'Y'], ['no'])
    """
    found = set()
    for code in codes:
        for yes, no in YES_AND_NO:
            other = {yes: no, no: yes}.get(folded(code))
            if other is not None:
                found.add(other.upper() if code.isupper() else other)
                found |= {other.capitalize()} if code[:1].isupper() and len(code) > 1 else set()
    return sorted(found) or ["0"]


def _categorical(column: Profile, feature: CategoricalFeature, smallest_cell: int) -> Guess:
    if column.holds_lists or not column.is_coded:
        return Guess(0.0)
    if len(column.counts) > MOST_CODES * len(feature.codes):
        return Guess(0.0)
    frequent = column.frequent(smallest_cell)
    codes = guess_codes(frequent, feature.codes)
    markers = markers_among(column.counts, [*codes.codes, *codes.rest_of_list])
    if markers:
        rest = {code: count for code, count in frequent.items() if code not in markers}
        codes = guess_codes(rest, feature.codes)
    found = coded_guess(codes, same_style(codes, feature.codes) if codes.codes else {})
    return _with_missing(found, markers)


def coded_guess(codes: CodeGuess, added: dict[str, str]) -> Guess:
    """Return the guess for a column of codes.

    Parameters
    ----------
    added : dict of str to str
        More codes, as they would be written here.
    """
    if not codes.codes:
        doubts = [f"what {_listed(codes.unexplained)} means"] if codes.unexplained else []
        return Guess(UNKNOWN_CODES if codes.unexplained else 0.0, {"codes": {}}, {}, doubts)
    doubts = [f"what {_listed(codes.unexplained)} means"] if codes.unexplained else []
    confidence = codes.confidence * codes.explained_share
    keys = {"codes": {**codes.codes, **added}}
    return Guess(confidence, keys, {"codes": codes.seen}, doubts, frozenset(added))


def _terms(column: Profile, feature: TermsFeature) -> Guess:
    pattern = re.compile(feature.pattern)
    # Present and absent findings look alike: only the column's name tells which they are.
    if bool(ABSENT & set(parts(column.name))) != feature.is_absent:
        return Guess(0.0)
    if column.holds_lists:
        share = _fitting(column.counts, pattern)
        return Guess(share, {}, {}) if share >= MOST else Guess(0.0)
    best, separator = max(
        ((_fitting(_split(column.counts, each), pattern), each) for each in SEPARATORS),
        key=lambda scored: scored[0],
    )
    if best < MOST:
        return Guess(0.0)
    seen = f"{percent(best)} of the parts look like {feature.code_system}"
    return Guess(best, {"separator": separator}, {"separator": seen})


def _split(cells: Mapping[str, int], separator: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, count in cells.items():
        found.update({part.strip(): count for part in cell.split(separator) if part.strip()})
    return found


def _fitting(parts: Mapping[str, int], pattern: re.Pattern[str]) -> float:
    fitting = sum(count for part, count in parts.items() if pattern.fullmatch(part))
    return fitting / max(sum(parts.values()), 1)


def _listed(codes: Sequence[str], most: int = 12) -> str:
    """Return frequent local codes for a person."""
    shown = ", ".join(map(repr, codes[:most]))
    return f"{shown} and {len(codes) - most} more" if len(codes) > most else shown
