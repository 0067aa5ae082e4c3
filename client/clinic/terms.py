"""Terms by name and synonym, as the model that answers knows them."""

from __future__ import annotations

import re

from client.serving.model_store import ModelStore
from shared.compiled_terms import CompiledTerminology, TermMatch
from shared.contract import TermsFeature

MOST_MATCHES = 12
LONGEST_SEARCH = 200


class Terms:
    """Finds terms.

    Parameters
    ----------
    store : ModelStore
    """

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def search(self, feature: TermsFeature, text: str) -> list[TermMatch]:
        """Return terms whose name or synonym has all words of a text, the best first.

        Nothing where the model's terms come without names: codes are typed then.
        """
        known = self._known(feature)
        plain = text.strip()[:LONGEST_SEARCH]
        if isinstance(known, CompiledTerminology):
            return known.search(plain, MOST_MATCHES)
        if known is not None and re.fullmatch(feature.pattern, plain):
            return [TermMatch(plain, plain, plain)]
        return []

    def name(self, feature: TermsFeature, code: str) -> str:
        """Return what a term is called; its code where nobody knows."""
        known = self._known(feature)
        return known.name(code) if isinstance(known, CompiledTerminology) else code

    def resolved(self, feature: TermsFeature, text: str) -> list[str] | None:
        """Return the codes that a text means for sure: codes, or one whole name or synonym."""
        parts = [each for each in re.split(r"[\s,;]+", text.strip()) if each]
        if parts and all(re.fullmatch(feature.pattern, each) for each in parts):
            return parts
        plain = text.strip().casefold()
        same = [
            each.code
            for each in self.search(feature, text)
            if plain in (each.name.casefold(), each.matched.casefold())
        ]
        return same[:1] or None

    def _known(self, feature: TermsFeature) -> object:
        """Return the terminology; the installed one takes 200 MB and is left alone."""
        if self._store.in_service.active is None:
            return None
        return self._store.terminology(feature.code_system)
