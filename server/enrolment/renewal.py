"""New certificates for keys that have one, long before it ends; the keys stay."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from server.database import hospitals
from server.enrolment.certificates import certify_hospital, certify_server
from server.enrolment.identity import Identity
from server.home import CoordinatorHome
from shared.certificate_age import is_due
from shared.enrolment import split_address
from shared.errors import SettingsError

log = logging.getLogger("juntos.coordinator")


def renew_server_certificate(home: CoordinatorHome, now: datetime | None = None) -> bool:
    """Renew the coordinator's certificate where it is due; return whether it was.

    What serves with the old one goes on with it until it is started again.

    Raises
    ------
    SettingsError
        When the key or the authority's cannot be read.
    """
    identity = Identity.load(home.server_certificate, home.server_key)
    if not is_due(identity.certificate, now):
        return False
    host = split_address(home.settings.address)[0]
    renewed = certify_server(home.authority(), identity.key.public_key(), host)
    _replace(home.server_certificate, renewed)
    log.info("the coordinator's certificate is renewed until %s", renewed.not_valid_after_utc)
    return True


def renew_hospital_certificate(home: CoordinatorHome, name: str) -> str:
    """Certify a member's key anew; return the certificate as PEM.

    Raises
    ------
    SettingsError
        When it is no member.
    """
    query = select(hospitals.c.public_key).where(
        hospitals.c.name == name, hospitals.c.node_id.is_not(None)
    )
    with home.engine().connect() as connection:
        text = connection.execute(query).scalar()
    key = serialization.load_ssh_public_key(text.encode()) if text else None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SettingsError(f"{name} is no member of this federation.")
    certificate = certify_hospital(home.authority(), key, name)
    serial = format(certificate.serial_number, "x")
    with home.engine().begin() as connection:
        connection.execute(
            update(hospitals).where(hospitals.c.name == name).values(certificate_serial=serial)
        )
    log.info("the certificate of %s is renewed", name)
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _replace(path: Path, certificate: x509.Certificate) -> None:
    partial = path.with_name(f".{path.name}.new")
    partial.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    partial.replace(path)
