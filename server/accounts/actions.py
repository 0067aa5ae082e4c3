"""Who did what, when, from where, on what, and whether it was done: entries are only added."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Engine, RowMapping, insert, select

from server.database import actions, now
from shared.errors import JuntosError

Through = Literal["session", "token", "terminal", "loop"]
Outcome = Literal["done", "refused", "failed"]
LONGEST_DETAIL = 2000


@dataclass(frozen=True)
class Actor:
    """Who acts.

    Attributes
    ----------
    name : str
        The account; at the terminal, the account of the operating system.
    role : str
        Empty at the terminal: who can read the coordinator's folder may do everything.
    through : {"session", "token", "terminal", "loop"}
        ``loop`` for what the coordinator does by itself.
    address : str
        Of the network; empty at the terminal.
    """

    name: str
    role: str = ""
    through: Through = "terminal"
    address: str = ""


@dataclass(frozen=True)
class Action:
    """One entry.

    Attributes
    ----------
    at : str
        UTC, ISO 8601.
    action : str
        ``THING.VERB``.
    subject : str
        On what.
    outcome : {"done", "refused", "failed"}
    detail : str
        Such as the reason that was given, or why it was refused.
    """

    number: int
    at: str
    actor: str
    role: str
    through: str
    address: str
    action: str
    subject: str
    outcome: str
    detail: str

    def as_json(self) -> dict[str, str | int]:
        """Return the fields."""
        return asdict(self)


class ActionLog:
    """The log of one federation.

    Parameters
    ----------
    engine : Engine
        Of the coordinator's database, where triggers refuse any change of an entry.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        actor: Actor,
        action: str,
        subject: str = "",
        outcome: Outcome = "done",
        detail: str = "",
    ) -> None:
        """Write one entry."""
        row = {
            "at": now(),
            "actor": actor.name[:200],
            "role": actor.role,
            "through": actor.through,
            "address": actor.address[:64],
            "action": action,
            "subject": subject[:200],
            "outcome": outcome,
            "detail": detail[:LONGEST_DETAIL],
        }
        with self._engine.begin() as connection:
            connection.execute(insert(actions).values(**row))

    @contextmanager
    def of(self, actor: Actor, action: str, subject: str = "", detail: str = "") -> Iterator[None]:
        """Write down what the block does: done, refused with the reason, or failed."""
        try:
            yield
        except JuntosError as error:
            said = "; ".join(filter(None, (detail, error.what)))
            self.add(actor, action, subject, "refused", said)
            raise
        except Exception as error:
            said = "; ".join(filter(None, (detail, type(error).__name__)))
            self.add(actor, action, subject, "failed", said)
            raise
        self.add(actor, action, subject, "done", detail)

    def find(
        self,
        *,
        actor: str = "",
        action: str = "",
        subject: str = "",
        before: int = 0,
        limit: int = 100,
    ) -> list[Action]:
        """Return entries, the newest first.

        Parameters
        ----------
        actor, action, subject : str
            Empty for all; of an action, its beginning: ``candidate.``.
        before : int
            Only entries with a smaller number; 0 for all.
        """
        wanted = select(actions).order_by(actions.c.number.desc()).limit(limit)
        if actor:
            wanted = wanted.where(actions.c.actor == actor)
        if action:
            wanted = wanted.where(actions.c.action.startswith(action, autoescape=True))
        if subject:
            wanted = wanted.where(actions.c.subject == subject)
        if before:
            wanted = wanted.where(actions.c.number < before)
        with self._engine.connect() as connection:
            return [_action(row) for row in connection.execute(wanted).mappings()]


def at_the_terminal() -> Actor:
    """Return who sits at the coordinator's machine, as the operating system knows them."""
    try:
        return Actor(getpass.getuser())
    except (KeyError, OSError):
        return Actor("unknown")


def terminal_action(
    engine: Engine, action: str, subject: str = "", detail: str = ""
) -> AbstractContextManager[None]:
    """Write down what the block does for whoever sits at the coordinator's machine."""
    return ActionLog(engine).of(at_the_terminal(), action, subject, detail)


def _action(row: RowMapping) -> Action:
    return Action(**{name: row[name] for name in Action.__dataclass_fields__})
