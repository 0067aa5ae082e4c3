"""How often cases were refused, by the feature that was wrong; never with which value."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FOLDER = Path("monitoring") / "refused"
KEPT_DAYS = 400


class RefusedFields:
    """A file for each day, to which every process of the node adds a line per wrong feature.

    Parameters
    ----------
    home : Path
        The node's folder.
    known : iterable of str
        Features of the contract; what callers write besides is not kept.
    """

    def __init__(self, home: Path, known: Iterable[str]) -> None:
        self._folder = home / FOLDER
        self._known = frozenset(known)

    def note(self, fields: Iterable[str]) -> None:
        """Write down the features of one refused case; a disk that is full refuses no case."""
        features = {re.split(r"[.\[]", each, maxsplit=1)[0] for each in fields} & self._known
        if not features:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / datetime.now(UTC).date().isoformat()
            if not path.exists():
                self._remove_old()
            # One write of less than a page is whole, whoever else adds to the file.
            lines = "".join(f"{each}\n" for each in sorted(features)).encode()
            place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(place, lines)
            finally:
                os.close(place)
        except OSError:
            return

    def counts(self, since: date) -> Counter[str]:
        """Return refused cases by feature, from a day on."""
        found: Counter[str] = Counter()
        for path in sorted(self._folder.glob("????-??-??")):
            if path.name >= since.isoformat():
                found.update(path.read_text(encoding="utf-8").split())
        return Counter({name: count for name, count in found.items() if name in self._known})

    def _remove_old(self) -> None:
        oldest = (datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)).isoformat()
        for path in self._folder.glob("????-??-??"):
            if path.name < oldest:
                path.unlink(missing_ok=True)
