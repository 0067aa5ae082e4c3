"""The audit store: every answer is written down before it is given."""

from client.audit.errors import AuditUnavailableError, BrokenAuditError
from client.audit.identifier import new_id
from client.audit.opening import open_audit
from client.audit.prediction import Prediction, Recorded
from client.audit.query import AuditQuery
from client.audit.store import AuditStore

__all__ = [
    "AuditQuery",
    "AuditStore",
    "AuditUnavailableError",
    "BrokenAuditError",
    "Prediction",
    "Recorded",
    "new_id",
    "open_audit",
]
