"""What a grid's places and values are called in tables and figures."""

from __future__ import annotations

import math

# Of the only variant, where none is given.
UNNAMED = "default"
PLACES = {
    "run.privacy.epsilon": "epsilon",
    "data.alpha": "Dirichlet alpha",
    "data.hospitals": "hospitals",
    "data.mixing": "mixing",
    "data.measuring_noise": "measuring noise",
    "data.partition": "partition",
    "fault": "what goes wrong",
}
OUTSIDE = "-"


def point_words(variant: str, places: list[str], values: tuple[object, ...]) -> list[str]:
    """Name a point of a grid; neither an only variant nor a place outside the grid is named."""
    known = [
        f"{place_words(place)} {value_words(value)}"
        for place, value in zip(places, values, strict=True)
        if value_words(value) != OUTSIDE
    ]
    return known if variant == UNNAMED and known else [variant, *known]


def place_words(place: str) -> str:
    """Say what a grid varies: known places in words, others by their last two names."""
    known = PLACES.get(place)
    named = [part.replace("_", " ") for part in place.split(".") if not part.isdecimal()]
    return known or " ".join(named[-2:])


def value_words(value: object) -> str:
    """Write a value of a grid; a dash for a variant that stands outside it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return OUTSIDE
    return f"{value:g}" if isinstance(value, float) else str(value)
