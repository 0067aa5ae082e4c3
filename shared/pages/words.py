"""What pages say, in English and Spanish; the texts are in message catalogues, not in the code."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from markupsafe import Markup, escape

LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class Words:
    """A text in both languages; a page holds both and shows one.

    Attributes
    ----------
    en, es : str
    """

    en: str
    es: str

    @classmethod
    def same(cls, text: str) -> Words:
        """Return a text that is the same in both: a name, a code."""
        return cls(text, text)

    def of(self, language: str) -> str:
        """Return the text in one language."""
        return self.en if language == "en" else self.es

    def __html__(self) -> str:
        """Return what stands in a page."""
        if self.en == self.es:
            return str(escape(self.en))
        parts = (f'<span lang="{each}">{escape(self.of(each))}</span>' for each in LANGUAGES)
        return "".join(parts)


Text = str | Words


def words(text: Text) -> Words:
    """Return a text in both languages."""
    return text if isinstance(text, Words) else Words.same(text)


def joined(texts: Iterable[Text], separator: str = ", ") -> Words:
    """Put texts one after the other."""
    found = [words(each) for each in texts]
    return Words(*(separator.join(each.of(language) for each in found) for language in LANGUAGES))


def count(value: int) -> Words:
    """Write a whole number as people there write it."""
    text = f"{value:,}"
    return Words(text, text.replace(",", "."))


def between(low: int, high: int) -> Words:
    """Write the least and the most there can be."""
    if low == high:
        return count(low)
    return joined([count(low), "\N{EN DASH}", count(high)], "")


def decimal(value: float, digits: int = 2, sign: str = "-") -> Words:
    """Write a number as people there write it; `sign` as in a format."""
    rounded = round(value, digits) + 0.0
    text = f"{rounded:{sign},.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return Words(text, text.translate(str.maketrans(",.", ".,")))


def percent(share: float) -> Words:
    """Write a share; one that is not quite nothing or everything is not written as such."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return Words("<1%", "<1\N{NO-BREAK SPACE}%")
    if whole == 100 and share < 1:
        return Words(">99%", ">99\N{NO-BREAK SPACE}%")
    return Words(f"{whole}%", f"{whole}\N{NO-BREAK SPACE}%")


def markup(text: Text) -> Markup:
    """Return a text as it stands in a page."""
    return Markup(words(text).__html__())  # noqa: S704 - escaped by Words


class Catalogue:
    """The texts of one package: ``words/en.toml`` and ``words/es.toml``.

    Parameters
    ----------
    packages : str
        Names of packages; of a key that several have, the last one's text.
    """

    def __init__(self, *packages: str) -> None:
        self.texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for package in packages:
            for language in LANGUAGES:
                file = resources.files(package) / "words" / f"{language}.toml"
                self.texts[language] |= _flat(tomllib.loads(file.read_text(encoding="utf-8")))

    def __call__(self, key: str, **values: Text | int) -> Words:
        """Return a text with its gaps filled; ``KEY.one`` where `count` is 1 and there is such."""
        if values.get("count") == 1 and f"{key}.one" in self.texts["en"]:
            key = f"{key}.one"
        texts = []
        for language in LANGUAGES:
            filled = {name: _in(language, value) for name, value in values.items()}
            texts.append(self.texts[language][key].format(**filled))
        return Words(*texts)


def _in(language: str, value: Text | int) -> str:
    text = count(value) if isinstance(value, int) else words(value)
    return text.of(language)


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
