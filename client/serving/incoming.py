"""Bundles on their way into the store: copied whole before anything is looked at."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from client.serving.store_state import sync_folder
from shared.bundle.reading import MAXIMUM_FILE_BYTES, read_limited
from shared.errors import BundleError

MOST_FILES = 32
PREFIX = ".incoming-"
SECONDS_AT_WORK = 3600.0


def files_of(folder: Path) -> dict[str, bytes]:
    """Read a bundle's folder.

    Raises
    ------
    BundleError
        When it is none, or holds something else than a few plain files.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder} is no folder of a bundle.")
    paths = sorted(folder.iterdir())
    if len(paths) > MOST_FILES:
        raise BundleError(f"{folder} holds more files than a bundle has.")
    return {path.name: read_limited(path) for path in paths}


@contextmanager
def unpacked(content: Mapping[str, bytes], into: Path) -> Iterator[Path]:
    """Write files into a new folder beside where they will stay; it is gone afterwards.

    Raises
    ------
    BundleError
        When a name is none of a bundle, or the disk refuses.
    """
    refuse_odd_names(content)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=PREFIX, dir=into))
    try:
        for name, data in content.items():
            with (temporary / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(temporary)
        yield temporary
    except OSError as error:
        raise BundleError(f"The bundle cannot be stored: {error.strerror}.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_odd_names(content: Mapping[str, bytes]) -> None:
    """Refuse names that lead elsewhere, and files that are too large or too many."""
    if len(content) > MOST_FILES:
        raise BundleError("The bundle has too many files.")
    for name, data in content.items():
        if not name or name.startswith(".") or Path(name).name != name or "\\" in name:
            raise BundleError("The bundle has a file with a name that leads elsewhere.")
        if len(data) > MAXIMUM_FILE_BYTES:
            raise BundleError(f"{name} is over {MAXIMUM_FILE_BYTES} bytes.")


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left behind long ago; another one may be at work."""
    for path in folder.glob(f"{PREFIX}*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > SECONDS_AT_WORK:
                forget(path)


def forget(folder: Path) -> None:
    """Remove a bundle; processes that have it open go on with it."""
    shutil.rmtree(folder, ignore_errors=True)
