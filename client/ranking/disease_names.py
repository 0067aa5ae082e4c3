"""The diseases that are ranked here, by code and name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client.confirmations.beyond import DISEASE
from shared.errors import SettingsError

if TYPE_CHECKING:
    from client.home import NodeHome
    from client.serving.services import NodeServices

MOST_MATCHES = 12
FEWEST_LETTERS = 2
_PLAIN = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class NamedDisease:
    """A disease, as people choose it."""

    code: str
    name: str

    @property
    def text(self) -> str:
        """Its name and code, which `disease_in` reads."""
        return f"{self.name} ({self.code})"


def ranked_diseases(services: NodeServices) -> Mapping[str, str]:
    """Return the names of all diseases that the engine in service ranks; empty without one."""
    engine = services.rankings.engine if services.rankings is not None else None
    return engine.diseases if engine is not None else {}


def ranked_at(home: NodeHome) -> Mapping[str, str]:
    """Return the same for a node's folder; the engine is opened for it, and closed again."""
    from client.ranking.opening import open_rankings
    from client.serving.settings import read_settings

    try:
        store = open_rankings(home, read_settings(home.path))
    except SettingsError:
        # A node that cannot verify an engine has none.
        return {}
    try:
        return dict(store.engine.diseases) if store.engine is not None else {}
    finally:
        store.close()


def search(names: Mapping[str, str], text: str) -> list[NamedDisease]:
    """Return diseases whose name has all words of a text, or whose code it is; the best first."""
    plain = text.strip()
    if plain.upper() in names:
        return [NamedDisease(plain.upper(), names[plain.upper()])]
    words = _PLAIN.sub(" ", plain.casefold()).split()
    if len(plain) < FEWEST_LETTERS or not words:
        return []
    found = []
    for code, name in names.items():
        low = f" {_PLAIN.sub(' ', name.casefold())} "
        if all(word in low for word in words):
            begun = sum(f" {word}" in low for word in words)
            at_start = low.startswith(f" {words[0]}")
            found.append(((-at_start, -begun, len(name), code), NamedDisease(code, name)))
    return [each for _, each in sorted(found)[:MOST_MATCHES]]


def disease_in(names: Mapping[str, str], text: str) -> NamedDisease | None:
    """Return the disease that a text means for sure: by its code, or its whole name."""
    coded = DISEASE.search(text.upper())
    if coded is not None:
        code = coded.group()
        return NamedDisease(code, names[code]) if code in names else None
    plain = text.strip().casefold()
    same = [code for code, name in names.items() if name.casefold() == plain]
    # OMIM and Orphanet often call one disease alike: OMIM's is taken, which comes first.
    return NamedDisease(min(same), names[min(same)]) if same else None
