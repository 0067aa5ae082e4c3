"""Hospitals that used their kit and wait for a person to let them in."""

from __future__ import annotations

from sqlalchemy import RowMapping, delete, select, update

from server.database import hospitals
from server.enrolment.admission import register_key
from server.home import CoordinatorHome
from shared.errors import SettingsError


def approve_join(home: CoordinatorHome, name: str) -> str:
    """Let a hospital in that waits; return the number of its node.

    Raises
    ------
    SettingsError
        When it does not wait.
    FlowerCommandError
        When the SuperLink does not take its key; it goes on waiting then.
    """
    row = _waiting(home, name)
    node_id = register_key(home, str(row["public_key"]))
    with home.engine().begin() as connection:
        connection.execute(
            update(hospitals).where(hospitals.c.name == name).values(node_id=node_id)
        )
    return node_id


def decline_join(home: CoordinatorHome, name: str) -> None:
    """Keep a hospital out that waits; its kit is used up, and its key is forgotten.

    Raises
    ------
    SettingsError
        When it does not wait.
    """
    _waiting(home, name)
    with home.engine().begin() as connection:
        connection.execute(
            delete(hospitals).where(hospitals.c.name == name, hospitals.c.node_id.is_(None))
        )


def _waiting(home: CoordinatorHome, name: str) -> RowMapping:
    query = select(hospitals).where(
        hospitals.c.name == name,
        hospitals.c.joined_at.is_not(None),
        hospitals.c.node_id.is_(None),
        hospitals.c.ended_at.is_(None),
    )
    with home.engine().connect() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise SettingsError(
            f"{name} does not wait to be let in.", "`juntos coordinator hospitals` lists who does."
        )
    return row
