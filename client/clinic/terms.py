"""Terms by name and synonym, as the model that answers knows them."""

from __future__ import annotations

import re

from client.ranking.ranking_store import RankingStore
from client.serving.model_store import ModelStore
from shared.compiled_terms import CompiledTerminology, TermMatch
from shared.contract import TermsFeature
from shared.findings_in_notes.spelling import plain as without_accents
from shared.findings_in_notes.vocabulary import vocabulary
from shared.ontology import HPO

MOST_MATCHES = 12
FEWEST_LETTERS = 3
LONGEST_SEARCH = 200


class Terms:
    """Finds terms.

    Parameters
    ----------
    store : ModelStore
    rankings : RankingStore, optional
        Knows the terms where no model does.
    """

    def __init__(self, store: ModelStore, rankings: RankingStore | None = None) -> None:
        self._store = store
        self._rankings = rankings

    def search(self, feature: TermsFeature, text: str) -> list[TermMatch]:
        """Return terms whose name or synonym has all words of a text, the best first.

        Nothing where the model's terms come without names: codes are typed then.
        """
        known = self._known(feature)
        plain = text.strip()[:LONGEST_SEARCH]
        if isinstance(known, CompiledTerminology):
            found = known.search(plain, MOST_MATCHES)
            is_hpo = feature.code_system.upper() == HPO
            return _with_spanish(found, plain, known) if is_hpo else found
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
            engine = self._rankings.engine if self._rankings is not None else None
            is_hpo = feature.code_system.upper() == HPO
            return engine.terms if engine is not None and is_hpo else None
        return self._store.terminology(feature.code_system)


def _with_spanish(found: list[TermMatch], text: str, known: CompiledTerminology) -> list[TermMatch]:
    """Return the terms that were found, and those whose Spanish names have all words of a text."""
    words = without_accents(text).split()
    if len(text) < FEWEST_LETTERS or not words:
        return found
    codes = {each.code for each in found}
    spanish = [
        (len(name), TermMatch(code, known.name(code), name))
        for code, names in vocabulary().spanish.items()
        if code not in codes and known.is_known(code)
        for name in names
        if all(word in without_accents(name) for word in words)
    ]
    nearest: dict[str, TermMatch] = {}
    for _, match in sorted(spanish, key=lambda each: (each[0], each[1].matched)):
        nearest.setdefault(match.code, match)
    # What fits a whole Spanish name stands before what has the words somewhere.
    whole = [each for each in nearest.values() if without_accents(each.matched) == " ".join(words)]
    others = [each for each in nearest.values() if each not in whole]
    return [*whole, *found, *others][:MOST_MATCHES]
