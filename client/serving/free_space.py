"""Whether the disk has room for what is still to be written down."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Engine

from client.audit.database_file import DatabaseFile
from client.audit.errors import AuditUnavailableError
from client.serving.services import NodeServices

MEGABYTE = 1_000_000


def refuse_full_disk(services: NodeServices) -> None:
    """Return where there is room on the disks of the node's folder and of its database.

    Raises
    ------
    AuditUnavailableError
        Where there is not.
    """
    least = services.settings.least_free_megabytes
    for folder in _folders(services.home.path, services.audit.engine):
        free = shutil.disk_usage(folder).free // MEGABYTE
        if free < least:
            raise AuditUnavailableError(
                f"The disk of {folder} is nearly full: {free} MB are free, and {least} are wanted.",
                "Free space, or lower least_free_megabytes in serving.toml.",
            )


def _folders(home: Path, engine: Engine) -> list[Path]:
    database = DatabaseFile(engine).path
    return [home] if database is None else [home, database.parent]
