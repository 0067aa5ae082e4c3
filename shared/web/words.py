"""What pages say, in the reader's language: message catalogues, numbers and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import resources

# The first is what a reader gets who asked for none of them.
LANGUAGES = {"en": "English", "es": "Español"}

Messages = Mapping[str, str]


class Words:
    """The words of one language.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    packages : sequence of str
        With a folder ``words``; a page is made of several, and the last one's message counts.
    """

    def __init__(self, language: str, packages: Sequence[str]) -> None:
        self.language = language
        self._messages = messages_of(language, packages)

    def __call__(self, key: str, **values: object) -> str:
        """Return a message with its values.

        Where the catalogue has ``KEY.one`` and ``KEY.other``, the value `count` chooses.

        Raises
        ------
        KeyError
            When there is no such message.
        """
        if "count" in values and key not in self._messages:
            key = f"{key}.{'one' if values['count'] == 1 else 'other'}"
        return self._messages[key].format(**values)

    def has(self, key: str) -> bool:
        """Return whether there is such a message."""
        return key in self._messages

    def number(self, value: float, digits: int = 2) -> str:
        """Return a number with so many digits after the decimal sign."""
        return f"{value:,.{digits}f}".translate(self._signs)

    def percent(self, share: float) -> str:
        """Return a share as whole percent; what is not 0 is not called so."""
        if 0 < share < 0.01:
            return self("number.below_one_percent")
        return self("number.percent", value=f"{share:.0%}".rstrip("%"))

    def time(self, text: str) -> str:
        """Return a time, ISO 8601 in UTC, as people there write it, in this machine's zone."""
        local = datetime.fromisoformat(text).astimezone()
        month = self(f"month.{local.month}")
        return f"{local.day} {month} {local.year}, {local:%H:%M}"

    @property
    def _signs(self) -> dict[int, str]:
        return str.maketrans({",": self("number.thousands"), ".": self("number.decimal")})


@lru_cache
def words_of(language: str, packages: tuple[str, ...]) -> Words:
    """Return the words of a language, read once."""
    return Words(language, packages)


def messages_of(language: str, packages: Sequence[str]) -> Messages:
    """Return all messages of a language by their dotted keys."""
    found: dict[str, str] = {}
    for package in packages:
        file = resources.files(package) / "words" / f"{language}.toml"
        found |= _flat(tomllib.loads(file.read_text(encoding="utf-8")), "")
    return found


def _flat(table: Mapping[str, object], prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


def best_language(wanted: str, header: str) -> str:
    """Return the language of a reader.

    Parameters
    ----------
    wanted : str
        What the reader chose; empty where nothing was.
    header : str
        The browser's ``Accept-Language``.
    """
    if wanted in LANGUAGES:
        return wanted
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        name, _, weight = part.partition(";q=")
        try:
            ranked.append((-float(weight or 1), place, name.strip().lower().split("-")[0]))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(ranked) if name in LANGUAGES), "en")
