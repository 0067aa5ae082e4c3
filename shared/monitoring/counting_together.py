"""Where several processes of the API count requests together."""

from __future__ import annotations

from pathlib import Path

# prometheus-client reads it when it is first imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FOLDER = "processes"


def counting_together(home: Path, workers: int) -> dict[str, str]:
    """Return what processes of the API must find in their environment to count together.

    The folder is emptied: call it before the first of them starts.
    """
    if workers < 2:
        return {}
    folder = home / "monitoring" / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    return {FOLDER_VARIABLE: str(folder)}
