"""One thing that differs between two versions of a contract, in words."""

from __future__ import annotations

from typing import Literal

from shared.settings_file import StrictModel

Level = Literal["major", "minor", "patch"]
Reading = Literal["as they are", "missing", "renamed", "computed", "left aside", "not"]

READING_IN_WORDS: dict[Reading, str] = {
    "as they are": "old records are read as they are",
    "missing": "missing in old records",
    "renamed": "old records are read under the new name",
    "computed": "computed from old records too",
    "left aside": "what old records hold of it is left aside",
    "not": "old records cannot be read",
}


class Change(StrictModel):
    """A difference and what follows from it.

    Attributes
    ----------
    what : str
        For people, beginning with what it is about.
    reading : str
        How records that were made under the old version are read under the new one.
    level : {"major", "minor", "patch"}
        ``major`` where they cannot be read, ``minor`` where they can, ``patch`` for words only.
    mapping : str
        What a hospital has to do to its mapping; empty where nothing.
    """

    what: str
    reading: Reading
    level: Level = "minor"
    mapping: str = ""


def words_only(what: str) -> Change:
    """Return a change of descriptions, names or order."""
    return Change(what=what, reading="as they are", level="patch")


def unreadable(what: str, mapping: str = "") -> Change:
    """Return a change that no old record survives."""
    return Change(what=what, reading="not", level="major", mapping=mapping)
