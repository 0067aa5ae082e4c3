"""The audit store of a node's folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from client.audit.patients import Patients
from client.audit.store import AuditStore
from client.audit.tables import contents
from client.audit.vault import Vault, audit_key
from client.home import NodeHome
from client.privacy.database import database_url
from client.privacy.tables import SCHEMA
from shared.database import Schema
from shared.errors import SettingsError

if TYPE_CHECKING:
    # What it imports is not wanted where models answer.
    from client.privacy.policy import Policy

KEY_FILE = "audit"


def open_audit(
    home: NodeHome, *, largest_group: int = 1, patience: float | None = None
) -> AuditStore:
    """Open the audit store.

    Parameters
    ----------
    largest_group : int
        Answers waiting at the same time that one transaction may write; 1 gives each its own.
    patience : float, optional
        Seconds that whoever asks waits where another program holds SQLite's database; a minute
        without it.

    Raises
    ------
    SettingsError
        When its database or its key cannot be used.
    """
    schema = SCHEMA if patience is None else _impatient(patience)
    engine = schema.open(database_url(home))
    path = home.keys / KEY_FILE
    if not path.exists() and _holds_contents(engine):
        engine.dispose()
        raise SettingsError(
            f"{path} is gone, and answers are encrypted under it.",
            "Restore it from a backup.",
        )
    return AuditStore(engine, Vault(audit_key(path)), Patients(home).pseudonym, largest_group)


def remove_old_answers(home: NodeHome, policy: Policy) -> int:
    """Remove the contents of what is older than the policy says; return of how many entries.

    Raises
    ------
    SettingsError
        When the database cannot be opened.
    AuditUnavailableError
        When it cannot be written.
    """
    if not (home.keys / KEY_FILE).exists():
        return 0
    store = open_audit(home)
    try:
        return store.remove_older(policy.keep_predictions_days)
    finally:
        store.close()


def _impatient(seconds: float) -> Schema:
    pragma = f"busy_timeout={round(1000 * seconds)}"
    return replace(SCHEMA, pragmas=(*SCHEMA.pragmas, pragma))


def _holds_contents(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(contents.c.number).limit(1)).first() is not None
