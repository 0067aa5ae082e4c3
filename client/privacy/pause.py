"""Stopping everything at once: a file that every process of the node looks for."""

from __future__ import annotations

from pathlib import Path

PAUSE_FILE = "paused"


def pause(home: Path) -> None:
    """Let nothing leave from now on."""
    (home / PAUSE_FILE).touch(mode=0o600)


def resume(home: Path) -> None:
    """Answer again."""
    (home / PAUSE_FILE).unlink(missing_ok=True)


def is_paused(home: Path) -> bool:
    """Return whether nothing may leave."""
    return (home / PAUSE_FILE).exists()
