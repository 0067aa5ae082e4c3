"""One cell from the events of a field."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from client.sources.omop.events import Event
from client.sources.omop.fields import OF_NUMBERS, OmopField

YES = "true"
BETWEEN_NOTES = "\n\n"


class MixedUnitsError(Exception):
    """Numbers that are to be taken together and are in several units."""


def taken(field: OmopField, events: Sequence[Event]) -> tuple[object, str | None]:
    """Return what a field takes, and its unit.

    Parameters
    ----------
    events : sequence of Event
        Those that count, in the order of time.

    Raises
    ------
    MixedUnitsError
        When a mean, lowest or highest is asked for over several units.
    """
    if not events:
        return field.otherwise, None
    if field.kind == "flag":
        return YES, None
    if field.kind == "terms":
        return tuple(dict.fromkeys(str(each.value) for each in events)), None
    if field.take == "all":
        return BETWEEN_NOTES.join(str(each.value) for each in events), None
    if field.take in OF_NUMBERS:
        return _together(field.take, events)
    chosen = events[0] if field.take == "first" else events[-1]
    return chosen.value, chosen.unit


def _together(take: str, events: Sequence[Event]) -> tuple[float, str | None]:
    units = {each.unit for each in events}
    if len(units) > 1:
        raise MixedUnitsError
    numbers = [float(each.value or 0) for each in events]
    if take == "mean":
        return fmean(numbers), units.pop()
    return min(numbers) if take == "minimum" else max(numbers), units.pop()
