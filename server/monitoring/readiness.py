"""Whether the coordinator can do its work."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from server.database import hospitals
from server.home import CoordinatorHome
from shared.errors import JuntosError
from shared.supervision.report import read_report

# Without these no run goes on.
NEEDED = ("superlink", "door", "dispatcher")


def problems_of(home: CoordinatorHome) -> list[str]:
    """Return what keeps it from its work, in sentences; none where it is ready."""
    found = []
    try:
        with home.engine().connect() as connection:
            connection.execute(select(hospitals.c.name).limit(1))
    except (SQLAlchemyError, JuntosError) as error:
        found.append(f"The database cannot be used ({type(error).__name__}).")
    report = read_report(home.path)
    if report is None:
        return [*found, "The service does not run."]
    for name in NEEDED:
        part = report.parts.get(name)
        if part is None or part.state != "up":
            found.append(f"The {name} is not up.")
    return found
