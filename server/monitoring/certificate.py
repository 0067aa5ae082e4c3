"""When the coordinator's own certificates end."""

from __future__ import annotations

from datetime import datetime

from server.home import CoordinatorHome


def certificate_ends(home: CoordinatorHome) -> datetime:
    """Return when the first of the server's and its authority's certificates expires; UTC."""
    from cryptography import x509

    return min(
        x509.load_pem_x509_certificate(each.read_bytes()).not_valid_after_utc
        for each in (home.server_certificate, home.authority_certificate)
    )
