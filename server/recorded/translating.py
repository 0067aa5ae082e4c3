"""Sentences of the record, recognised by the catalogue's English and said in another language.

The record is written once, in English, by whatever did something: a run, a trigger, a session. Its
sentences are those of the catalogue with their gaps filled; one that is in no catalogue, such as
what a person wrote, is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from shared.pages.words import Catalogue, Words

# Later ones are looked through first.
PACKAGES = ("shared.watch", "server.recorded")
# Sentences inside sentences.
DEEPEST = 6
_GAP = re.compile(r"{(\w+)}")


def recorded(text: str) -> Words:
    """Return a sentence of the record in both languages."""
    return Words(text, _spanish(text, DEEPEST))


@lru_cache(maxsize=4096)
def _spanish(text: str, depth: int) -> str:
    if not depth or not text.strip():
        return text
    for pattern, template in _forms():
        if found := pattern.fullmatch(text):
            inner = {name: _spanish(each, depth - 1) for name, each in found.groupdict().items()}
            return template.format(**inner)
    return _list(text, depth)


def _list(text: str, depth: int) -> str:
    """Translate what is several sentences of the record, one after the other."""
    parts = text.split("; ")
    return text if len(parts) == 1 else "; ".join(_spanish(each, depth - 1) for each in parts)


@lru_cache(maxsize=1)
def _forms() -> list[tuple[re.Pattern[str], str]]:
    """Return each English sentence as a pattern, the most particular first, with the Spanish."""
    texts = [
        (english, catalogue.texts["es"][key])
        for package in reversed(PACKAGES)
        for catalogue in [Catalogue(package)]
        for key, english in catalogue.texts["en"].items()
    ]
    # What is a gap alone, or nearly, would match everything.
    usable = [each for each in texts if len(_GAP.sub("", each[0]).split()) > 1]
    ordered = sorted(usable, key=lambda each: -len(_GAP.sub("", each[0])))
    return [(_pattern(english), spanish) for english, spanish in ordered]


def _pattern(english: str) -> re.Pattern[str]:
    seen: Mapping[str, bool] = {}
    parts, last = [], 0
    for gap in _GAP.finditer(english):
        parts.append(re.escape(english[last : gap.start()]))
        name = gap[1]
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
        seen = {**seen, name: True}
        last = gap.end()
    parts.append(re.escape(english[last:]))
    first = parts[0][:1]
    # Sentences begin with a capital where they stand alone.
    text = "".join(parts)
    if first.isalpha():
        text = f"(?:{first.upper()}|{first.lower()}){text[1:]}"
    return re.compile(text + r"\.?", re.DOTALL)
