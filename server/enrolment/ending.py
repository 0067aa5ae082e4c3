"""The end of a hospital's membership: it leaves, or is shut out; the others are not touched."""

from __future__ import annotations

import logging
from typing import Literal

from sqlalchemy import Engine, select, update

from server.database import hospitals, now
from server.flower_command import CONNECTION, flower_command
from server.home import CoordinatorHome
from shared.errors import SettingsError

log = logging.getLogger("juntos.coordinator")
Ending = Literal["revoked", "left"]


def end_membership(home: CoordinatorHome, name: str, ending: Ending, because: str = "") -> None:
    """Take back a hospital's key at once.

    Its calls are refused from now on, and a run that goes on cuts its stream within seconds and
    counts it as left out. What it sent before stays with the runs it was part of.

    Raises
    ------
    SettingsError
        When it is no member.
    FlowerCommandError
        When the SuperLink cannot take the key back, as it does not run; nothing has changed then.
    """
    with home.engine().connect() as connection:
        query = select(hospitals).where(hospitals.c.name == name)
        row = connection.execute(query).mappings().first()
    if row is None or row["ended_at"] or not row["joined_at"]:
        raise SettingsError(
            f"{name} is no member of this federation.", "`juntos coordinator hospitals` lists them."
        )
    if row["node_id"] is not None:
        flower_command(home, "supernode", "unregister", row["node_id"], CONNECTION)
    with home.engine().begin() as connection:
        connection.execute(
            update(hospitals)
            .where(hospitals.c.name == name)
            .values(
                node_id=None,
                former_node_id=row["node_id"],
                ended_at=now(),
                ended_as=ending,
                ended_because=because,
            )
        )
    log.info("the membership of %s has ended: %s", name, ending)


def ended_nodes(engine: Engine) -> set[int]:
    """Return the numbers of nodes whose hospital is a member no more."""
    query = select(hospitals.c.former_node_id).where(hospitals.c.former_node_id.is_not(None))
    with engine.connect() as connection:
        return {int(each) for each in connection.execute(query).scalars()}
