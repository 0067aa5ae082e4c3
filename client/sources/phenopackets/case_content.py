"""What a phenopacket says, under the names of a contract's features."""

from __future__ import annotations

from typing import Any

from client.sources.phenopackets.facts import PacketFacts
from shared.contract import (
    CategoricalFeature,
    CodedValue,
    Contract,
    Feature,
    NumericFeature,
    TermsFeature,
)

HPO = "HPO"
# Years in a unit of time.
UNITS = {"a": 1.0, "mo": 12.0, "wk": 52.1775, "d": 365.2425}
SEX_WORDS = {
    "FEMALE": ("female", "f", "woman", "mujer", "femenino"),
    "MALE": ("male", "m", "man", "hombre", "varon", "masculino"),
    "OTHER_SEX": ("other", "o", "otro", "intersex", "diverse"),
}
AGE_NAMES = frozenset({"age", "edad", "age years", "edad en anos", "age at visit"})
ONSET_NAMES = frozenset({"onset", "age at onset", "onset years", "onset age", "edad de inicio"})


def findings_features(contract: Contract) -> tuple[str | None, str | None]:
    """Return the features of HPO terms that are there, and that are absent; None without one."""
    found = [
        each
        for each in contract.recorded.values()
        if isinstance(each, TermsFeature) and each.code_system.upper() == HPO
    ]
    present = next((each.name for each in found if not each.is_absent), None)
    return present, next((each.name for each in found if each.is_absent), None)


def case_content(contract: Contract, facts: PacketFacts) -> dict[str, Any]:
    """Return a packet's facts as `CaseReader` takes a case; what has no feature is left out."""
    present, absent = findings_features(contract)
    found: dict[str, Any] = {}
    if present is not None:
        found[present] = list(facts.observed)
    if absent is not None:
        found[absent] = list(facts.excluded)
    for name, feature in contract.recorded.items():
        value = _value(feature, facts)
        if value is not None:
            found[name] = value
    return found


def _value(feature: Feature, facts: PacketFacts) -> object:
    if isinstance(feature, NumericFeature) and feature.unit in UNITS:
        names = names_of(feature)
        years = facts.onset if names & ONSET_NAMES else facts.age if names & AGE_NAMES else None
        return None if years is None else round(years * UNITS[feature.unit], 6)
    if isinstance(feature, CategoricalFeature) and facts.sex:
        wanted = set(SEX_WORDS[facts.sex])
        codes = {code.code: names_of(code) for code in feature.codes}
        # Both sexes have a code where the feature is the sex, and not some letter.
        others = set(SEX_WORDS["MALE"]), set(SEX_WORDS["FEMALE"])
        if all(any(words & names for names in codes.values()) for words in others):
            return next((code for code, names in codes.items() if names & wanted), None)
    return None


def names_of(named: Feature | CodedValue) -> set[str]:
    """Return what a feature or a code is called, in small letters."""
    own = named.code if isinstance(named, CodedValue) else named.name
    others = [named.name, *named.synonyms] if isinstance(named, CodedValue) else named.synonyms
    return {" ".join(each.replace("_", " ").casefold().split()) for each in (own, *others)}
