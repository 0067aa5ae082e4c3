"""When the federation last learned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from server.database import run_requests, runs


@dataclass(frozen=True)
class Learned:
    """The last learning run that began.

    Attributes
    ----------
    at : str
        ISO 8601, UTC.
    contract : str
        Hash.
    """

    at: str = ""
    contract: str = ""


def learned_until(engine: Engine) -> datetime | None:
    """Return when the last learning run ended that brought a model; None before the first."""
    query = select(func.max(run_requests.c.ended_at)).where(
        run_requests.c.kind == "learn", run_requests.c.status == "done"
    )
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else datetime.fromisoformat(found)


def learned_last(engine: Engine) -> Learned:
    """Return the last learning run that began."""
    query = (
        select(run_requests.c.started_at, runs.c.contract_hash)
        .join(runs, runs.c.id == run_requests.c.run_id)
        .where(run_requests.c.kind == "learn", run_requests.c.started_at.is_not(None))
        .order_by(run_requests.c.id.desc())
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return Learned() if row is None else Learned(row.started_at, row.contract_hash)
