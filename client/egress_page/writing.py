"""Writing the page to a file that only its owner can read: it may show copies of answers."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from shared.errors import SettingsError


def write(path: Path, page: str) -> None:
    """Write the page, whole or not at all.

    Raises
    ------
    SettingsError
        When there is no such folder, or it cannot be written to.
    """
    partial = ""
    try:
        descriptor, partial = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
        Path(partial).replace(path)
    except OSError as error:
        if partial:
            Path(partial).unlink(missing_ok=True)
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}.", "Give another file with --page."
        ) from None
