"""What a service says of itself in a file, for the command that shows its status."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil
from pydantic import ValidationError

from shared.settings_file import StrictModel
from shared.supervision.part import PartState

REPORT_FILE = "service.json"


class ServiceReport(StrictModel):
    """A service that runs.

    Attributes
    ----------
    process : int
    created : float
        When the process began, by the system's clock: numbers of processes are used again.
    started_at : str
        ISO 8601, UTC.
    parts : dict of str to PartState
    """

    process: int
    created: float
    started_at: str
    parts: dict[str, PartState]


def own_report(started_at: str, parts: dict[str, PartState]) -> ServiceReport:
    """Return the report of this process."""
    created = psutil.Process().create_time()
    return ServiceReport(process=os.getpid(), created=created, started_at=started_at, parts=parts)


def write_report(home: Path, report: ServiceReport) -> None:
    """Replace the report in one step."""
    with tempfile.NamedTemporaryFile("w", dir=home, prefix=".service", delete=False) as file:
        file.write(report.model_dump_json(indent=1))
    Path(file.name).replace(home / REPORT_FILE)


def remove_report(home: Path) -> None:
    """Say that the service has ended."""
    (home / REPORT_FILE).unlink(missing_ok=True)


def read_report(home: Path) -> ServiceReport | None:
    """Return the report of the service that runs now; None where none does."""
    try:
        report = ServiceReport.model_validate_json((home / REPORT_FILE).read_bytes())
        created = psutil.Process(report.process).create_time()
    except (FileNotFoundError, ValidationError, psutil.NoSuchProcess):
        return None
    return report if abs(created - report.created) < 1.0 else None
