"""When a certificate is to be renewed."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509

# Of its time, that is left when it is renewed: months before its end, and not every day.
SHARE_LEFT = 1 / 3


def is_due(certificate: x509.Certificate, now: datetime | None = None) -> bool:
    """Return whether a certificate has less than a third of its time left."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return end - (now or datetime.now(UTC)) < (end - begin) * SHARE_LEFT
