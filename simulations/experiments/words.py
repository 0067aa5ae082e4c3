"""What a grid's places and values are called in tables and figures."""

from __future__ import annotations

import math

PLACES = {
    "run.privacy.epsilon": "epsilon",
    "data.alpha": "alpha of the Dirichlet distribution",
    "data.hospitals": "hospitals",
    "data.mixing": "mixing",
    "data.measuring_noise": "measuring noise",
    "data.partition": "partition",
    "fault": "what goes wrong",
}
OUTSIDE = "-"


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
