"""The points of a grid: one scenario each, with the values that it stands for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from shared.errors import SettingsError
from shared.settings_file import parse
from simulations.experiments.scenario import Scenario, Variant
from simulations.experiments.words import value_words

# Of a variant that stands outside the grid.
Value = float | str | None


@dataclass(frozen=True)
class Point:
    """One variant at one place of the grid.

    Attributes
    ----------
    scenario : Scenario
        With the values put in, and without a grid.
    variant : Variant
    values : dict of str to float, str or None
        Of the grid, by place, as tables show them.
    """

    scenario: Scenario
    variant: Variant
    values: dict[str, Value]


def points_of(scenario: Scenario) -> list[Point]:
    """Return every variant at every place of the grid, in the scenario's order.

    Raises
    ------
    SettingsError
        When a place is not there, a value does not fit, or the settings of a point do not.
    """
    places = list(scenario.grid)
    points = []
    for variant in scenario.variant:
        choices = itertools.product(*scenario.grid.values()) if variant.grid else [()]
        for chosen in choices:
            values = dict(zip(places, chosen, strict=False))
            at_point = with_values(scenario, values)
            at_point.settings_of(variant, scenario.seeds[0])
            shown = {place: shown_value(values.get(place)) for place in places}
            points.append(Point(at_point, variant, shown))
    return points


def with_values(scenario: Scenario, values: dict[str, Any]) -> Scenario:
    """Put values in their dotted places.

    Raises
    ------
    SettingsError
        When a place is not there or a value does not fit.
    """
    content = scenario.model_dump(mode="json", exclude_unset=True)
    content.pop("grid", None)
    for place, value in values.items():
        _put(content, place, value)
    where = ", ".join(f"{place} = {value}" for place, value in values.items())
    return parse(Scenario, content, f"{scenario.name} at {where}" if where else scenario.name)


def shown_value(value: object) -> Value:
    """Return a value as a table shows it: numbers as numbers, everything else in words."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list):
        return ", ".join(value_words(shown_value(each)) for each in value) or "none"
    if isinstance(value, dict):
        return " ".join(value_words(shown_value(each)) for each in value.values())
    return str(value)


def _put(content: dict[str, Any], place: str, value: object) -> None:
    *parents, last = place.split(".")
    here: Any = content
    for part in parents:
        here = _inside(here, part, place)
    if isinstance(here, list):
        here[_position(here, last, place)] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise _no_place(place)


def _inside(here: object, part: str, place: str) -> object:
    if isinstance(here, list):
        return here[_position(here, part, place)]
    if isinstance(here, dict):
        return here.setdefault(part, {})
    raise _no_place(place)


def _position(here: list[Any], part: str, place: str) -> int:
    if not part.isdecimal() or int(part) >= len(here):
        raise _no_place(place)
    return int(part)


def _no_place(place: str) -> SettingsError:
    return SettingsError(
        f"The grid varies {place!r}, which is no place of the scenario.",
        'Name a setting by its dotted place, as in "run.privacy.epsilon" or "fault.0.question".',
    )
