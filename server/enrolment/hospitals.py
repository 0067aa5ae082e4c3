"""The federation's hospitals: enrolled by the coordinator, joined with a kit that works once."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, delete, insert, select, update

from server.database import hospitals, now
from server.enrolment.certificates import read_signing_request, requested_key, sign_hospital
from server.enrolment.kits import new_token, same_hash, token_hash, write_kit
from server.flower_command import CONNECTION, FlowerCommandError, flower_command
from server.home import CoordinatorHome
from shared.enrolment import HospitalName, JoinAnswer, JoinRequest, Kit
from shared.errors import JuntosError, SettingsError

log = logging.getLogger("juntos.coordinator")

KIT_LIFETIME = timedelta(days=14)


class JoinRefusedError(JuntosError):
    """A kit's token is wrong, used or expired."""


@dataclass(frozen=True)
class EnrolledHospital:
    """A hospital of the federation.

    Attributes
    ----------
    name : str
    enrolled_at : str
    token_expires_at : str
        When the kit can no longer be used.
    joined_at : str or None
        When the hospital used its kit.
    node_id : str or None
        Flower's number of its node; None until it has joined.
    """

    name: str
    enrolled_at: str
    token_expires_at: str
    joined_at: str | None
    node_id: str | None

    def as_json(self) -> dict[str, str | None]:
        """Return the fields with what can be said about the hospital in a word."""
        return {**asdict(self), "state": self.state}

    @property
    def state(self) -> str:
        """``joined``, ``waiting`` for the kit to be used, or ``expired``."""
        if self.node_id:
            return "joined"
        return "waiting" if self.token_expires_at > now() else "expired"


def enrol(home: CoordinatorHome, name: str, lifetime: timedelta = KIT_LIFETIME) -> Path:
    """Enrol a hospital and write its kit.

    A hospital that has not joined yet may be enrolled again; its earlier kit then stops working.

    Raises
    ------
    SettingsError
        When the name cannot be used or the hospital has joined already.
    """
    try:
        TypeAdapter(HospitalName).validate_python(name)
    except ValidationError:
        raise SettingsError(
            f"{name!r} cannot be a hospital's name.",
            "Use letters, digits, dots, dashes and underscores: 63 at most, first a letter or digit.",
        ) from None
    token = new_token()
    expires_at = (datetime.now(UTC) + lifetime).isoformat(timespec="seconds")
    _remember(home.engine(), name, token_hash(token), expires_at)
    kit = Kit(
        federation=home.settings.name,
        address=home.settings.address,
        hospital=name,
        token=token,
        expires_at=expires_at,
        authority_certificate=home.authority().certificate_pem,
    )
    return write_kit(kit, home.kits)


def _remember(engine: Engine, name: str, hashed: str, expires_at: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            delete(hospitals).where(hospitals.c.name == name, hospitals.c.node_id.is_(None))
        )
        if connection.execute(select(hospitals.c.name).where(hospitals.c.name == name)).first():
            raise SettingsError(f"{name} has joined already.", "Enrol it under another name.")
        connection.execute(
            insert(hospitals).values(
                name=name, token_hash=hashed, token_expires_at=expires_at, enrolled_at=now()
            )
        )


def redeem(home: CoordinatorHome, request: JoinRequest) -> JoinAnswer:
    """Let a hospital join: use up its token, certify its key, tell the SuperLink.

    Raises
    ------
    JoinRefusedError
        When the token is wrong, used or expired.
    SettingsError
        When the signing request cannot be used; the token stays good.
    FlowerCommandError
        When the SuperLink did not take the key; the token stays good.
    """
    name = _holder(home.engine(), request.token)
    signing_request = read_signing_request(request.csr_pem)
    certificate = sign_hospital(home.authority(), signing_request, name)
    public_key = _openssh(requested_key(signing_request))
    _claim(home.engine(), name, request.token, public_key, format(certificate.serial_number, "x"))
    try:
        node_id = _register(home, public_key)
    except FlowerCommandError:
        _release(home.engine(), name)
        raise
    with home.engine().begin() as connection:
        connection.execute(
            update(hospitals).where(hospitals.c.name == name).values(node_id=node_id)
        )
    (home.kits / f"{name}.kit.toml").unlink(missing_ok=True)
    log.info("%s joined as node %s", name, node_id)
    return JoinAnswer(
        hospital=name,
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        contract_toml=home.contract_file.read_text(encoding="utf-8"),
        contract_hash=home.contract().hash,
    )


def list_hospitals(engine: Engine) -> list[EnrolledHospital]:
    """Return all hospitals in the order of their names."""
    columns = [hospitals.c[name] for name in EnrolledHospital.__dataclass_fields__]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(hospitals.c.name)).mappings()
        return [EnrolledHospital(**row) for row in rows]


def hospital_names(engine: Engine) -> dict[int, str]:
    """Return the name of every joined hospital by the number Flower gave its node."""
    return {int(each.node_id): each.name for each in list_hospitals(engine) if each.node_id}


def _holder(engine: Engine, token: str) -> str:
    presented = token_hash(token)
    found = None
    with engine.connect() as connection:
        # Every row is looked at, so that the time taken says nothing.
        for row in connection.execute(select(hospitals)).mappings():
            if same_hash(row["token_hash"], presented):
                found = row
    if found is None:
        raise JoinRefusedError(
            "The kit's token is not known here.", "Ask the coordinator for a new kit."
        )
    if found["joined_at"] is not None:
        raise JoinRefusedError(
            "This kit was used already; a kit works once.", "Ask the coordinator for a new kit."
        )
    if found["token_expires_at"] <= now():
        raise JoinRefusedError(
            f"This kit expired on {found['token_expires_at'][:10]}.",
            "Ask the coordinator for a new kit.",
        )
    return str(found["name"])


def _claim(engine: Engine, name: str, token: str, public_key: str, serial: str) -> None:
    """Use the token up; of two requests at the same time only one changes the row."""
    with engine.begin() as connection:
        changed = connection.execute(
            update(hospitals)
            .where(
                hospitals.c.name == name,
                hospitals.c.token_hash == token_hash(token),
                hospitals.c.joined_at.is_(None),
            )
            .values(joined_at=now(), public_key=public_key, certificate_serial=serial)
        ).rowcount
    if changed != 1:
        raise JoinRefusedError(
            "This kit was used already; a kit works once.", "Ask the coordinator for a new kit."
        )


def _release(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(hospitals)
            .where(hospitals.c.name == name, hospitals.c.node_id.is_(None))
            .values(joined_at=None, public_key=None, certificate_serial=None)
        )


def _register(home: CoordinatorHome, public_key: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(public_key)
        file.flush()
        answer = flower_command(home, "supernode", "register", file.name, CONNECTION)
    return str(answer["node-id"])


def _openssh(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
