"""What a store of models holds, in one small file that every process of the node looks at."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import BundleError, SettingsError
from shared.settings_file import StrictModel

log = logging.getLogger("juntos.node")

STATE_FILE = "state.json"
LOCK_FILE = "lock"
EVENTS_FILE = "events.jsonl"

Source = Literal["coordinator", "folder"]
What = Literal[
    "installed", "shadow", "shadow_ended", "rolled_back", "pinned", "unpinned", "refused"
]


class Kept(StrictModel):
    """One model in the store.

    Attributes
    ----------
    version, digest : str
    label : str
        What the coordinator's registry calls it; empty where nobody said.
    installed_at : str
        ISO 8601, UTC.
    """

    version: str
    digest: str
    label: str = ""
    installed_at: str
    source: Source


class StoreState(StrictModel):
    """Which models there are, and what each is for.

    Attributes
    ----------
    active, shadow : str or None
        Digests.
    pinned : bool
    earlier : list of str
        Digests that were active before, the last one last.
    models : dict of str to Kept
        By digest, in the order in which they were installed.
    """

    active: str | None = None
    shadow: str | None = None
    pinned: bool = False
    earlier: list[str] = Field(default_factory=list)
    models: dict[str, Kept] = Field(default_factory=dict)


class ModelEvent(StrictModel):
    """Something that happened to the models of a hospital.

    Attributes
    ----------
    at : str
        ISO 8601, UTC.
    reason : str
        Why it was refused; else empty.
    """

    at: str
    what: What
    version: str
    digest: str
    source: Source | None = None
    reason: str = ""


def now() -> str:
    """Return the time as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class StateFile:
    """The file and its lock.

    Parameters
    ----------
    folder : Path
        Of the store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.folder / STATE_FILE

    def mark(self) -> tuple[int, int] | None:
        """Return what differs whenever the file was written; None where there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def read(self) -> StoreState:
        """Return the state.

        Raises
        ------
        SettingsError
            When the file was damaged.
        """
        try:
            return StoreState.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return StoreState()
        except (OSError, ValidationError):
            raise SettingsError(
                f"{self.path} cannot be read.",
                "Restore it from a backup, or delete it and install the model anew.",
            ) from None

    def write(self, state: StoreState) -> None:
        """Replace the state in one step, and have it on the disk.

        Raises
        ------
        BundleError
            When the disk refuses; the state is then what it was.
        """
        partial = self.folder / f"{STATE_FILE}.partial"
        try:
            # Only who holds the lock writes it.
            with partial.open("w", encoding="utf-8") as file:
                file.write(state.model_dump_json(indent=1))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
            sync_folder(self.folder)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise BundleError(
                f"{self.path} cannot be written: {error.strerror}.", "Make room; then try again."
            ) from None

    @contextmanager
    def changing(self) -> Iterator[StoreState]:
        """Give the state to who changes it, one process at a time."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / LOCK_FILE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.read()

    def note(self, event: ModelEvent) -> None:
        """Add a line to the history; a disk that refuses it must not hide what happened."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with (self.folder / EVENTS_FILE).open("a", encoding="utf-8") as file:
                file.write(event.model_dump_json() + "\n")
        except OSError as error:
            log.error("the history of models cannot be written: %s", error.strerror)

    def events(self) -> list[ModelEvent]:
        """Return the history, the oldest first; a line that was cut by a crash is left out."""
        path = self.folder / EVENTS_FILE
        found = []
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                found.append(ModelEvent.model_validate_json(line))
            except ValidationError:
                continue
        return found


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
