"""The federation's hospitals: enrolled by the coordinator, joined with a kit that works once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, delete, insert, select

from server.database import hospitals, now
from server.enrolment.kits import new_token, token_hash, write_kit
from server.flower_command import CONNECTION, flower_command
from server.home import CoordinatorHome
from shared.enrolment import HospitalName, Kit
from shared.errors import SettingsError

KIT_LIFETIME = timedelta(days=14)


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
    is_public : bool
        Whether its records are a public collection and nobody's patients here.
    public_key : str or None
        Of its node, in OpenSSH format.
    ended_at, ended_as, ended_because : str or None
        Of a membership that is over: when, ``revoked`` or ``left``, and why.
    """

    name: str
    enrolled_at: str
    token_expires_at: str
    joined_at: str | None
    node_id: str | None
    is_public: bool = False
    public_key: str | None = None
    ended_at: str | None = None
    ended_as: str | None = None
    ended_because: str | None = None

    def as_json(self) -> dict[str, str | bool | None]:
        """Return the fields with what can be said about the hospital in a word."""
        content = {name: value for name, value in asdict(self).items() if name != "public_key"}
        return {**content, "state": self.state}

    @property
    def state(self) -> str:
        """Where its membership stands.

        ``waiting`` for the kit to be used or ``expired``; ``pending`` until a person lets it in;
        ``joined``; ``revoked`` or ``left``.
        """
        if self.ended_as:
            return self.ended_as
        if self.node_id:
            return "joined"
        if self.joined_at:
            return "pending"
        return "waiting" if self.token_expires_at > now() else "expired"


def enrol(
    home: CoordinatorHome,
    name: str,
    *,
    replace: bool = False,
    lifetime: timedelta = KIT_LIFETIME,
    public: bool = False,
) -> Path:
    """Enrol a hospital and write its kit.

    A hospital that has not joined yet may be enrolled again; its earlier kit then stops working.

    Parameters
    ----------
    replace : bool
        Enrol even a hospital that has joined: the SuperLink forgets its node's key first.
    public : bool
        Mark it as a public collection, which the coordinator runs as a hospital of its own.

    Raises
    ------
    SettingsError
        When the name cannot be used or the hospital has joined already.
    FlowerCommandError
        When the key of a joined hospital cannot be taken back.
    """
    try:
        TypeAdapter(HospitalName).validate_python(name)
    except ValidationError:
        raise SettingsError(
            f"{name!r} cannot be a hospital's name.",
            "Use at most 63 letters, digits, dots, dashes and underscores; begin with a letter.",
        ) from None
    if replace:
        _take_back(home, name)
    token = new_token()
    expires_at = (datetime.now(UTC) + lifetime).isoformat(timespec="seconds")
    _remember(home.engine(), name, token_hash(token), expires_at, public=public)
    kit = Kit(
        federation=home.settings.name,
        address=home.settings.address,
        hospital=name,
        token=token,
        expires_at=expires_at,
        authority_certificate=home.authority().certificate_pem,
    )
    return write_kit(kit.signed_by(home.signing_key()), home.kits)


def _remember(engine: Engine, name: str, hashed: str, expires_at: str, *, public: bool) -> None:
    with engine.begin() as connection:
        connection.execute(
            delete(hospitals).where(hospitals.c.name == name, hospitals.c.node_id.is_(None))
        )
        if connection.execute(select(hospitals.c.name).where(hospitals.c.name == name)).first():
            raise SettingsError(
                f"{name} has joined already.",
                "If its node is lost, enrol it with --replace; its old key then stops working.",
            )
        connection.execute(
            insert(hospitals).values(
                name=name,
                token_hash=hashed,
                token_expires_at=expires_at,
                enrolled_at=now(),
                is_public=public,
            )
        )


def _take_back(home: CoordinatorHome, name: str) -> None:
    with home.engine().connect() as connection:
        row = connection.execute(
            select(hospitals.c.node_id).where(hospitals.c.name == name)
        ).first()
    if row is None or row.node_id is None:
        return
    flower_command(home, "supernode", "unregister", row.node_id, CONNECTION)
    with home.engine().begin() as connection:
        connection.execute(delete(hospitals).where(hospitals.c.name == name))


def list_hospitals(engine: Engine) -> list[EnrolledHospital]:
    """Return all hospitals in the order of their names."""
    columns = [hospitals.c[name] for name in EnrolledHospital.__dataclass_fields__]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(hospitals.c.name)).mappings()
        return [EnrolledHospital(**row) for row in rows]


def public_collections(engine: Engine) -> list[str]:
    """Return the names of those whose records are public."""
    return [each.name for each in list_hospitals(engine) if each.is_public]


def hospital_names(engine: Engine) -> dict[int, str]:
    """Return the name of every joined hospital by the number Flower gave its node."""
    return {int(each.node_id): each.name for each in list_hospitals(engine) if each.node_id}
