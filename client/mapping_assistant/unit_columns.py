"""A column that names the unit of each row's number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from client.mapping_assistant.column_profile import MOST, Profile
from client.mapping_assistant.guess import Guess, percent
from client.mapping_assistant.unit_names import split_unit
from client.mapping_assistant.words import parts, words
from client.sources.units import conversion
from shared.contract import NumericFeature

SURE_OF_UNITS = 0.95


def with_unit_column(
    guess: Guess, column: Profile, columns: Sequence[Profile], feature: NumericFeature
) -> Guess:
    """Return the guess with the column of units in place of one unit, where there is one.

    It is named after the numbers' column (``chol`` and ``chol_unit``), or stands next to it under
    a name such as "unit"; most of its cells must be units that convert.
    """
    found = next((each for each in _candidates(column, columns) if _are_units(each, feature)), None)
    if found is None or not column.numeric_share >= MOST:
        return guess
    keys = {key: value for key, value in guess.keys.items() if key != "unit"}
    seen = {key: text for key, text in guess.seen.items() if key != "unit"}
    share = percent(_share(found, feature))
    seen["unit_column"] = f"{share} of its cells are units that convert to {feature.unit}"
    return replace(
        guess,
        confidence=max(guess.confidence, SURE_OF_UNITS),
        keys={"unit_column": found.name, **keys},
        seen=seen,
        doubts=[],
    )


def _candidates(column: Profile, columns: Sequence[Profile]) -> list[Profile]:
    mine, _ = split_unit(column.name)
    names = {"".join(parts(each)) for each in words().columns.unit}
    found = []
    for place, other in enumerate(columns):
        theirs = parts(other.name)
        bare = tuple(word for word in theirs if word not in names)
        if len(bare) < len(theirs) and bare in {mine, parts(column.name)}:
            found.append(other)
        is_next = place > 0 and columns[place - 1].name == column.name
        if is_next and "".join(theirs).rstrip("0123456789") in names:
            found.append(other)
    return found


def _are_units(column: Profile, feature: NumericFeature) -> bool:
    return bool(column.present) and _share(column, feature) >= MOST


def _share(column: Profile, feature: NumericFeature) -> float:
    fitting = sum(
        count
        for unit, count in column.counts.items()
        if conversion(unit, feature.unit, feature.analyte) is not None
    )
    return fitting / column.present
