"""What a person decides about a model, once, whether on a page or by a program."""

from __future__ import annotations

from dataclasses import dataclass

from server.dashboard.models import ModelLine, Step, line_of
from server.home import CoordinatorHome
from server.promotion.candidate_store import ChangedMeanwhileError
from server.promotion.registry import RegistryError, registry_answers
from server.promotion.state_words import STATES
from shared.errors import JuntosError, SettingsError

# As the log of actions names them.
ACTIONS: dict[Step, str] = {
    "promote": "candidate.promote",
    "reject": "candidate.reject",
    "rollback": "candidate.rollback",
}


class ReasonNeededError(SettingsError):
    """Nobody said why."""


@dataclass(frozen=True)
class Decided:
    """What somebody decided.

    Attributes
    ----------
    step : {"promote", "reject", "rollback"}
    by : str
    reason : str
        May be empty only where the gate says yes to a promotion.
    revision : int or None
        Of the model as they saw it; None for as it is now.
    """

    step: Step
    by: str
    reason: str = ""
    revision: int | None = None


def decide(home: CoordinatorHome, model: str, decided: Decided) -> ModelLine:
    """Do what a person decided; return the model as it then is.

    Raises
    ------
    ChangedMeanwhileError
        When somebody else, or the loop, was first.
    ReasonNeededError
        When a reason is missing.
    JuntosError
        When the gate, or how the model stands, speaks against it.
    """
    seen = line_of(home, model)
    revision = decided.revision or seen.candidate.revision
    if seen.candidate.revision != revision or decided.step not in seen.possible:
        raise decided_already(seen)
    if not decided.reason and (decided.step != "promote" or seen.needs_reason):
        raise ReasonNeededError("A reason is needed.", "Say why in a sentence.")
    try:
        _carry_out(home, model, decided)
    except ChangedMeanwhileError:
        raise
    except RegistryError:
        now = line_of(home, model)
        if not _is_done(now, revision, decided):
            raise
        # The decision is written down; what follows from it, the loop tries again.
    except JuntosError:
        now = line_of(home, model)
        if now.candidate.revision != revision:
            raise decided_already(now) from None
        raise
    return line_of(home, model)


def _is_done(now: ModelLine, revision: int, decided: Decided) -> bool:
    last = now.last
    return last is not None and last.revision > revision and last.actor == decided.by


def _carry_out(home: CoordinatorHome, model: str, decided: Decided) -> None:
    # What brings models out opens the registry, which takes seconds to load.
    from server.loop import promote, reject, roll_back

    with registry_answers():
        if decided.step == "promote":
            promote(home, model, decided.by, decided.reason)
        elif decided.step == "reject":
            reject(home, model, decided.by, decided.reason)
        else:
            roll_back(home, decided.by, decided.reason, model)


def decided_already(line: ModelLine) -> ChangedMeanwhileError:
    """Say who was first, and how the model stands now."""
    each, last = line.candidate, line.last
    who = f": {last.actor} decided at {last.at}. {last.reason}" if last else "."
    return ChangedMeanwhileError(
        f"{each.id} is {STATES[each.state]}{who}".strip(), "Look at it again before you decide."
    )
