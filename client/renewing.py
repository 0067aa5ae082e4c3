"""The node's certificate, renewed by itself long before it ends."""

from __future__ import annotations

import logging
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from client.contracts.node_signature import signed_headers
from client.coordinator_connection import ask, open_connection
from client.home import NodeHome
from shared.certificate_age import is_due
from shared.enrolment import RenewAnswer
from shared.errors import ConnectionRefusedByPeerError, JuntosError

log = logging.getLogger("juntos.node")


def renew_if_due(home: NodeHome, now: datetime | None = None) -> bool:
    """Ask for a new certificate where less than a third of the old one's time is left.

    Returns
    -------
    bool
        Whether there is a new one.

    Raises
    ------
    ConnectionRefusedByPeerError
        When the coordinator cannot be reached, or sends no certificate of this node's key.
    """
    old = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    if not is_due(old, now):
        return False
    authority = home.authority_certificate.read_text(encoding="ascii")
    with open_connection(home.settings.coordinator, authority) as client:
        answer = ask(client, "POST", "/v1/renew", headers=signed_headers(home))
    text = _checked(answer, old, authority)
    partial = home.certificate.with_name(f".{home.certificate.name}.new")
    partial.write_text(text, encoding="ascii")
    partial.replace(home.certificate)
    log.info("this hospital's certificate is renewed")
    return True


def renew_quietly(home: NodeHome) -> None:
    """Renew where it is due; what goes wrong is logged, and tried again."""
    try:
        renew_if_due(home)
    except (JuntosError, OSError, ValueError) as error:
        said = str(error) if isinstance(error, JuntosError) else type(error).__name__
        log.warning("this hospital's certificate cannot be renewed: %s", said)


def _checked(answer: object, old: x509.Certificate, authority: str) -> str:
    """Return a certificate that is this node's and the federation's."""
    try:
        text = RenewAnswer.model_validate(answer).certificate_pem
        new = x509.load_pem_x509_certificate(text.encode())
        new.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.encode()))
    except (ValidationError, ValueError, TypeError, InvalidSignature):
        raise _refused() from None
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if new.public_key().public_bytes(*form) != old.public_key().public_bytes(*form):
        raise _refused()
    return text


def _refused() -> ConnectionRefusedByPeerError:
    return ConnectionRefusedByPeerError(
        "The coordinator sent no certificate of this node's key.",
        "Ask the coordinator; the old certificate stays.",
    )
