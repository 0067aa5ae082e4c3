"""Whether SQLite still writes to the file that others will look into."""

from __future__ import annotations

import errno
from pathlib import Path

from sqlalchemy import Engine


class DatabaseFile:
    """The file of a database; a database that is no file is always there.

    SQLite goes on writing to a file that was deleted or replaced, where nobody finds it again, and
    makes an empty one where there is none.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        name = engine.url.database if engine.dialect.name == "sqlite" else None
        self.path = Path(name) if name and name != ":memory:" else None
        self._opened: tuple[int, int] | None = None

    def opened(self) -> None:
        """Remember which file it is.

        Raises
        ------
        FileNotFoundError
            Where there is none.
        """
        self._opened = self._found()

    def check(self) -> None:
        """Return where it is still the file that was opened.

        Raises
        ------
        FileNotFoundError
            Where it is not.
        """
        if self._found() != self._opened:
            raise _gone()

    def _found(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            raise _gone() from None
        return found.st_dev, found.st_ino


def _gone() -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "the database's file is gone")
