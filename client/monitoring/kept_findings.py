"""What was found last, for the metrics and the pages."""

from __future__ import annotations

import os
from pathlib import Path

from client.monitoring.findings import Findings
from shared.errors import SettingsError

FOLDER, FILE = "monitoring", "findings.json"


def keep(home: Path, findings: Findings) -> None:
    """Keep what was found, for the metrics and the pages.

    Raises
    ------
    SettingsError
        When the node's folder cannot be written to.
    """
    path = home / FOLDER / FILE
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        partial = path.with_name(f".{FILE}.{os.getpid()}")
        partial.write_text(findings.model_dump_json(), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be written: {error.strerror}.") from None


def kept(home: Path) -> Findings | None:
    """Return what was found last; None where nothing was yet, or by an older release."""
    path = home / FOLDER / FILE
    try:
        return Findings.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
