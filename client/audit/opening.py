"""The audit store of a node's folder."""

from __future__ import annotations

from client.audit.store import AuditStore
from client.home import NodeHome


def open_audit(home: NodeHome, *, largest_group: int = 1) -> AuditStore:
    """Open the audit store.

    Parameters
    ----------
    largest_group : int
        Answers waiting at the same time that one transaction may write; 1 gives each its own.

    Raises
    ------
    SettingsError
        When its database or its key cannot be used.
    """
    raise NotImplementedError
