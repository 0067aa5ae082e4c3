"""Which answers are looked for."""

from __future__ import annotations

from dataclasses import dataclass


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
