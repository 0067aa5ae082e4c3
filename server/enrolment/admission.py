"""Letting a hospital in: its token is used up, its key certified, the SuperLink told."""

from __future__ import annotations

import logging
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, select, update

from server.database import hospitals, now
from server.enrolment.certificates import read_signing_request, requested_key, sign_hospital
from server.enrolment.kits import same_hash, token_hash
from server.flower_command import CONNECTION, FlowerCommandError, flower_command
from server.home import CoordinatorHome
from shared.enrolment import JoinAnswer, JoinRequest
from shared.errors import JuntosError

log = logging.getLogger("juntos.coordinator")


class JoinRefusedError(JuntosError):
    """A kit's token is wrong, used or expired."""


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
    waits = home.settings.joins == "approved"
    if not waits:
        _let_in(home, name, public_key)
    contract = home.contracts().current()
    home.contracts().accept(name, contract.hash)
    (home.kits / f"{name}.kit.toml").unlink(missing_ok=True)
    log.info("%s %s", name, "waits to be let in" if waits else "joined")
    return JoinAnswer(
        hospital=name,
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        contract_toml=contract.text,
        contract_hash=contract.hash,
        waits_for_approval=waits,
    )


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


def _let_in(home: CoordinatorHome, name: str, public_key: str) -> None:
    try:
        node_id = register_key(home, public_key)
    except FlowerCommandError:
        _release(home.engine(), name)
        raise
    with home.engine().begin() as connection:
        connection.execute(
            update(hospitals).where(hospitals.c.name == name).values(node_id=node_id)
        )


def register_key(home: CoordinatorHome, public_key: str) -> str:
    """Have the SuperLink know a node's key; return the number it gives the node.

    Raises
    ------
    FlowerCommandError
        When it does not take the key.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(public_key)
        file.flush()
        answer = flower_command(home, "supernode", "register", file.name, CONNECTION)
    return str(answer["node-id"])


def _openssh(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
