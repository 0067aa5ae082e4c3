"""What goes wrong with the audit store."""

from __future__ import annotations

from shared.errors import JuntosError


class AuditUnavailableError(JuntosError):
    """Nothing can be written down, so nothing may be answered."""


class BrokenAuditError(JuntosError):
    """Entries that were changed, taken out or put in."""

    exit_code = 9
