"""Which answers are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, or_

from client.audit.entry import Kind
from client.audit.tables import contents, entries
from shared.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """What the answers looked for have in common; empty means any.

    Attributes
    ----------
    since, until : str
        ISO 8601; from the first on, before the second. Without a zone, UTC.
    patient : str
        Pseudonym.
    model : str
        Version or digest, or how they begin.
    caller, request, mode : str
    """

    since: str = ""
    until: str = ""
    patient: str = ""
    model: str = ""
    caller: str = ""
    request: str = ""
    mode: str = ""


def conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    """Return what answers must meet, for the database.

    Raises
    ------
    SettingsError
        When a time is none.
    """
    found = of_kind("prediction", query.patient)
    if query.since:
        found.append(entries.c.time >= moment(query.since))
    if query.until:
        found.append(entries.c.time < moment(query.until))
    if query.model:
        version = entries.c.model.startswith(query.model, autoescape=True)
        digest = entries.c.model_digest.startswith(query.model, autoescape=True)
        found.append(or_(version, digest))
    same = {"caller": query.caller, "request": query.request, "mode": query.mode}
    return found + [entries.c[name] == wanted for name, wanted in same.items() if wanted]


def of_kind(kind: Kind, patient: str = "") -> list[ColumnElement[bool]]:
    """Return what entries of a kind meet, and about a patient where one is named."""
    if not patient:
        return [entries.c.kind == kind]
    # By the index on kinds, SQLite would walk through all answers rather than the patient's few.
    return [entries.c.kind.concat("") == kind, contents.c.patient == patient]


def moment(text: str) -> str:
    """Return a time as entries have it.

    Raises
    ------
    SettingsError
        When it is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no time.", "Write it as 2026-11-30 or 2026-11-30T08:00:00+01:00."
        ) from None
    zoned = time if time.tzinfo else time.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="microseconds")
