"""Which kinds go together.

Units are compared by their spelling: a contract spells each unit in one way, and what a product or
a ratio is in is not worked out.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.derived.kinds import Codes, Flag, Kind, Number, in_words, is_numeric

# Days in the units of time that UCUM has; its month and year are the Julian calendar's.
DAYS = {
    "s": 1 / 86_400,
    "min": 1 / 1_440,
    "h": 1 / 24,
    "d": 1.0,
    "wk": 7.0,
    "mo": 365.25 / 12,
    "a": 365.25,
}


def common_unit(kinds: Sequence[Kind]) -> str | tuple[str, str] | None:
    """Return the unit of numbers that are added or compared.

    Returns
    -------
    str, None, or tuple of two str
        None where no unit is known; two where they differ.
    """
    units = [kind.unit for kind in kinds if isinstance(kind, Number) and kind.unit is not None]
    for unit in units:
        if unit != units[0]:
            return units[0], unit
    return units[0] if units else None


def common_kind(kinds: Sequence[Kind]) -> Kind | str:
    """Return the kind of a value that may be any of several; what is wrong, as a text, if none."""
    first = kinds[0]
    if all(isinstance(kind, Flag) for kind in kinds):
        return first
    if all(is_numeric(kind) for kind in kinds):
        unit = common_unit(kinds)
        return (
            f"one is in {unit[0]}, the other in {unit[1]}"
            if isinstance(unit, tuple)
            else (Number(unit))
        )
    if all(isinstance(kind, Codes) for kind in kinds):
        codes = [code for kind in kinds if isinstance(kind, Codes) for code in kind.codes]
        return Codes(tuple(dict.fromkeys(codes)))
    if all(kind == first for kind in kinds):
        return first
    words = list(dict.fromkeys(in_words(kind) for kind in kinds))
    return f"these are of different kinds: {', '.join(words)}"
