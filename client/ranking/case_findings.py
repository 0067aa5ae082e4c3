"""From a case of the contract to what diseases are ranked by."""

from __future__ import annotations

from client.serving.case import Case, Value
from client.sources.phenopackets.case_content import (
    AGE_NAMES,
    ONSET_NAMES,
    SEX_WORDS,
    UNITS,
    findings_features,
    names_of,
)
from shared.contract import CategoricalFeature, Contract, NumericFeature
from shared.ranking.case import CaseFindings, Sex

SEXES: dict[str, Sex] = {"FEMALE": "FEMALE", "MALE": "MALE", "OTHER_SEX": "OTHER"}


def case_findings(contract: Contract, case: Case) -> CaseFindings:
    """Return the findings of a case, present and absent, with age, onset and sex.

    Which features these are is told by the contract: terms of HPO by their meaning, the others by
    their names and synonyms.
    """
    present, absent = findings_features(contract)
    return CaseFindings(
        observed=_terms(case.values.get(present or "")),
        excluded=_terms(case.values.get(absent or "")),
        age=_years(contract, case, AGE_NAMES),
        onset=_years(contract, case, ONSET_NAMES),
        sex=_sex(contract, case),
    )


def _terms(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _years(contract: Contract, case: Case, wanted: frozenset[str]) -> float | None:
    for name, feature in contract.recorded.items():
        value = case.values.get(name)
        if not isinstance(feature, NumericFeature) or feature.unit not in UNITS:
            continue
        if isinstance(value, float | int) and names_of(feature) & wanted:
            return float(value) / UNITS[feature.unit]
    return None


def _sex(contract: Contract, case: Case) -> Sex:
    for name, feature in contract.recorded.items():
        value = case.values.get(name)
        if not isinstance(feature, CategoricalFeature) or value is None:
            continue
        codes = {each.code: names_of(each) for each in feature.codes}
        told = {
            code: sex
            for code, names in codes.items()
            for sex, words in SEX_WORDS.items()
            if names & set(words)
        }
        if {"MALE", "FEMALE"} <= set(told.values()) and str(value) in told:
            return SEXES[told[str(value)]]
    return "UNKNOWN"
