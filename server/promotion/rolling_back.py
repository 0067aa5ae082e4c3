"""Taking back what hospitals use."""

from __future__ import annotations

from server.promotion.advancing import Advancing
from server.promotion.candidate import Candidate
from server.promotion.state_words import STATES
from shared.errors import SettingsError


def newest_in_use(advancing: Advancing) -> Candidate:
    """Return the candidate at hospitals: on its way there, or the one in use.

    Raises
    ------
    SettingsError
        When there is none.
    """
    everyone = advancing.store.all()
    for state in ("canary", "everywhere"):
        for each in everyone:
            if each.state == state:
                return each
    in_use = advancing.registry.in_use()
    for each in reversed(everyone):
        if each.state == "confirmed" and each.model == in_use:
            return each
    raise SettingsError(
        "No model is in use that came through the gate.", "See `juntos coordinator decisions`."
    )


def take_back(advancing: Advancing, seen: Candidate, by: str, reason: str) -> Candidate:
    """Bring back the model before a candidate.

    Raises
    ------
    SettingsError
        When the candidate is not in use, or there was no model before.
    """
    if seen.state not in ("canary", "everywhere", "confirmed"):
        raise SettingsError(
            f"There is nothing to take back of {seen.id}: it is {STATES[seen.state]}."
        )
    in_use = advancing.registry.in_use()
    if seen.state == "confirmed" and seen.model != in_use:
        raise SettingsError(
            f"{seen.model.label} is not in use any more; "
            f"{in_use.label if in_use else 'nothing'} is.",
            "Roll that back first.",
        )
    if seen.former is None:
        raise SettingsError(
            f"There was no model before {seen.model.label}.",
            "Hospitals can stop it: `juntos node models` at each.",
        )
    moved = advancing.store.move(seen, "rolled_back", by, reason, settled=False)
    return advancing.pursue(moved)
