"""Samples of FHIR exports: fields for codes that sound like features, and the rows they make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from client.mapping_assistant.code_guess import guess_codes
from client.mapping_assistant.fhir_survey import CodeSeen, Survey, survey
from client.mapping_assistant.guess import LIKELY
from client.mapping_assistant.matching import names_of
from client.mapping_assistant.names import name_score
from client.mapping_assistant.sample import Sample, first_rows
from client.sources.fhir.code_systems import SHORT_NAMES
from client.sources.fhir.settings import OWN_COLUMNS, PATIENT, FhirSettings
from client.sources.fhir.source import FhirSource
from client.sources.file_settings import FileSettings
from client.sources.remote import locate
from shared.analytes import analytes
from shared.contract import (
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.settings_file import parse

SOURCE = "SOURCE"
LOINC = "http://loinc.org"
DIAGNOSIS = "diagnosis"
# What the source's own columns hold.
OWN_FEATURES = {"age", "sex"}
SMALLEST_CELL = 5
NO_CONDITION = (
    "a patient without any of the diagnosis' Conditions has no diagnosis; if that means healthy, "
    'say so with otherwise = "..." in its field and a code for it under [label.codes]'
)


def fhir_sample(path: str, folder: Path, contract: Contract) -> Sample:
    """Return the rows of an export, made by fields for what the contract asks.

    The codes of the first resources are looked at; then the export is read as it will be.
    """
    found = survey(locate(FileSettings(path=path), folder))
    fields = list(proposed_fields(contract, found))
    source: dict[str, Any] = {"kind": "fhir", "path": path, "field": fields}
    settings = parse(FhirSettings, source, SOURCE)
    reader = FhirSource(settings, folder, {})
    names = [*OWN_COLUMNS, *(name for each in settings.field for name in each.columns)]
    cells, whole = first_rows(reader, names)
    # What is empty in all rows is no column to map.
    cells = cells[[name for name in cells if name == PATIENT or cells[name].notna().any()]]
    seen = {"field": NO_CONDITION} if any(each["name"] == DIAGNOSIS for each in fields) else {}
    return Sample(cells, source, reader.name, whole, seen)


def proposed_fields(contract: Contract, found: Survey) -> Iterator[dict[str, Any]]:
    """Yield a field for each feature that a frequent code sounds like, and for the diagnosis."""
    for feature in contract.feature:
        if feature.name not in OWN_FEATURES:
            field = _field(feature, found)
            if field is not None:
                yield {"name": feature.name, **field}
    diagnosis = _diagnosis(contract, found)
    if diagnosis is not None:
        yield diagnosis


def _field(feature: Feature, found: Survey) -> dict[str, Any] | None:
    if isinstance(feature, TextFeature):
        return {"resource": "DocumentReference", "take": "last"} if found.documents else None
    if isinstance(feature, TermsFeature):
        return _terms(feature, found)
    needs_number = isinstance(feature, NumericFeature)
    kinds = ["Observation", "Condition"] if isinstance(feature, FlagFeature) else ["Observation"]
    scored = [
        (_sounds(feature, each), -place, each)
        for place, each in enumerate(found.codes)
        if each.resource in kinds and each.count >= SMALLEST_CELL and _can_hold(each, feature)
    ]
    score, _, best = max(scored, default=(0.0, 0, None), key=lambda one: one[:2])
    if best is None or score < LIKELY:
        return None
    value = {"value": "quantity" if needs_number and _has_numbers(best) else "code"}
    kind = {"value": "flag"} if best.resource == "Condition" else value
    return {"resource": best.resource, "code": best.address, **kind}


def _has_numbers(seen: CodeSeen) -> bool:
    return seen.quantities > seen.count / 2


def _can_hold(seen: CodeSeen, feature: Feature) -> bool:
    """Return whether a code's values can be the feature's; a count may come as a whole number."""
    if isinstance(feature, NumericFeature):
        return _has_numbers(seen) or feature.unit == "1"
    return not _has_numbers(seen)


def _sounds(feature: Feature, seen: CodeSeen) -> float:
    """Return how much a code is one of a feature: by LOINC, else by what it is called."""
    if isinstance(feature, NumericFeature) and seen.system == LOINC:
        analyte = analytes().get(feature.analyte or feature.name)
        if analyte is not None and seen.code in analyte.loinc:
            return 1.0
    if seen.code in feature.synonyms:
        return 1.0
    scores = [
        weight * name_score(name, [word])
        for word, weight in names_of(feature)
        for name in seen.names
    ]
    return max(scores, default=0.0)


def _terms(feature: TermsFeature, found: Survey) -> dict[str, Any] | None:
    addresses = SHORT_NAMES.get(feature.code_system.casefold(), ())
    for each in found.codes:
        if each.system in addresses and each.resource == "Condition":
            return {"resource": "Condition", "code": f"{each.system}|*", "value": "terms"}
    return None


def _diagnosis(contract: Contract, found: Survey) -> dict[str, Any] | None:
    """Return a field of the code system in which most Conditions are classes of the contract."""
    best: tuple[float, str, list[str]] = (0.0, "", [])
    seen = found.of("Condition")
    for system in dict.fromkeys(each.system for each in seen):
        counts = {each.code: each.count for each in seen if each.system == system}
        codes = guess_codes(counts, contract.target).codes
        covered = sum(counts[code] for code in codes)
        best = max(best, (float(covered), system, sorted(codes)), key=lambda one: one[0])
    most, chosen, known = best
    if not most:
        return None
    named = [f"{chosen}|{code}" if chosen else code for code in known]
    return {"name": DIAGNOSIS, "resource": "Condition", "code": named, "value": "code"}
