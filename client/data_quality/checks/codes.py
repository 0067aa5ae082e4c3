"""Codes that nobody mapped, and codes that their system no longer has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from client.data_quality.checks.null_meanings import any_null_word, mapped_codes, sentinel_masks
from client.data_quality.finding import Finding, Severity
from client.data_quality.hospital_rows import HospitalRows, Mask
from client.data_quality.vocabulary import vocabulary
from client.sources.codes import codes_of, normalise_code
from client.sources.terms import SEPARATOR
from shared.contract import CategoricalFeature, FlagFeature, TermsFeature
from shared.ontology import HPO, HumanPhenotypeOntology, terminology

ICD_10 = re.compile(r"[A-Z]\d\d(?:\.?\d{1,2})?")


def unknown_codes(rows: HospitalRows) -> Iterable[Finding]:
    """Find local codes without a meaning in the contract."""
    for feature, _ in rows.mapped():
        if isinstance(feature, CategoricalFeature | FlagFeature):
            local, allowed = rows.local_codes(feature.name), mapped_codes(rows, feature.name)
            found = np.array([code is not None and code not in allowed for code in local])
            found &= ~any_null_word(rows, feature.name)
            for mask in sentinel_masks(rows, feature.name).values():
                found &= ~mask
        elif isinstance(feature, TermsFeature):
            found = _unknown_terms(rows, feature)
        else:
            continue
        if found.any():
            yield rows.finding("unknown_code", "attention", found, feature.name)
    yield from _unknown_labels(rows)


def _unknown_labels(rows: HospitalRows) -> Iterable[Finding]:
    column = rows.mapping.label.column
    local = codes_of(rows.cells[column], frozenset(rows.mapping.rows.missing))
    given = np.array([code is not None for code in local], dtype=np.bool_)
    found = given & np.array([label is None for label in rows.labels], dtype=np.bool_)
    if found.any():
        finding = rows.finding("unknown_code", "act_now", found)
        yield _of_column(finding, column)


def _of_column(finding: Finding, column: str) -> Finding:
    return replace(finding, column=column)


def local_terms(rows: HospitalRows, feature: TermsFeature) -> list[list[str]]:
    """Return the terms of each row as the mapping gives them, right or wrong."""
    settings = rows.columns[feature.name]
    separator, codes = settings.separator or SEPARATOR, settings.codes or {}
    missing = rows.declared_missing(feature.name)
    found = []
    for cell in rows.cells_of(feature.name):
        parts = cell.split(separator) if isinstance(cell, str) else cell
        listed = parts if isinstance(parts, list | tuple | np.ndarray) else []
        local = [normalise_code(part) for part in listed if part is not None]
        found.append([codes.get(each, each) for each in local if each and each not in missing])
    return found


def _unknown_terms(rows: HospitalRows, feature: TermsFeature) -> Mask:
    """Say which rows have a term that is malformed or was never known."""
    pattern, system = re.compile(feature.pattern), terminology(feature.code_system)
    retired = _retired_terms(rows, feature)
    known: dict[str, bool] = {}

    def is_right(term: str) -> bool:
        if term not in known:
            known[term] = pattern.fullmatch(term) is not None and system.is_known(term)
        return known[term] or term in retired

    lines = local_terms(rows, feature)
    return np.array([not all(map(is_right, line)) for line in lines], dtype=np.bool_)


def _retired_terms(rows: HospitalRows, feature: TermsFeature) -> dict[str, str]:
    """Return the retired terms that occur, and what took their place; empty where nothing did."""
    terms = {term for line in local_terms(rows, feature) for term in line}
    system = terminology(feature.code_system)
    if isinstance(system, HumanPhenotypeOntology) and feature.code_system.upper() == HPO:
        retired = ((term, _successor(system, term)) for term in terms)
        return {term: place for term, place in retired if place is not None}
    if "ICD" in feature.code_system.upper():
        return {term: place for term in terms if (place := _retired_icd(term))}
    return {}


def _successor(system: HumanPhenotypeOntology, term: str) -> str | None:
    """Return what took the place of a term: nothing (empty), or None where it is not retired."""
    current = system.current(term)
    if current != term:
        return current
    # A name and yet not to be used: obsolete without a successor.
    return "" if system.name(term) != term and not system.is_known(term) else None


def _retired_icd(code: str) -> str | None:
    """Return what took the place of an ICD-10 code, its three-character category among them."""
    if ICD_10.fullmatch(code) is None:
        return None
    dotted = code if "." in code or len(code) == 3 else f"{code[:3]}.{code[3:]}"
    retired = vocabulary().retired.icd_10
    return retired.get(dotted) or retired.get(dotted[:3])


def retired_codes(rows: HospitalRows) -> Iterable[Finding]:
    """Find codes that their system no longer has, one finding for each code."""
    for feature, _ in rows.mapped():
        if isinstance(feature, TermsFeature):
            retired = _retired_terms(rows, feature)
            yield from _by_code(rows, feature.name, retired, local_terms(rows, feature))
        elif isinstance(feature, CategoricalFeature):
            yield from _local_icd(rows, feature.name, rows.columns[feature.name].column)
    yield from _local_icd(rows, "", rows.mapping.label.column)


def _local_icd(rows: HospitalRows, feature: str, column: str) -> Iterable[Finding]:
    """Find retired ICD-10 codes among a hospital's own codes."""
    local = codes_of(rows.cells[column], frozenset(rows.mapping.rows.missing))
    unique = {code for code in local if code is not None}
    retired = {code: place for code in unique if (place := _retired_icd(code))}
    lines = [[code] if code in retired else [] for code in local]
    for finding in _by_code(rows, feature, retired, lines):
        yield _of_column(finding, column)


def _by_code(
    rows: HospitalRows, feature: str, retired: dict[str, str], lines: list[list[str]]
) -> Iterable[Finding]:
    places: dict[str, list[int]] = defaultdict(list)
    for row, line in enumerate(lines):
        for code in set(line) & set(retired):
            places[code].append(row)
    for code in sorted(places):
        found = np.zeros(len(rows), dtype=np.bool_)
        found[places[code]] = True
        # One with a successor is read as that; one without is lost.
        severity: Severity = "note" if retired[code] and feature else "attention"
        yield rows.finding(
            "retired_code",
            severity,
            found,
            feature,
            code=code,
            successor=retired[code] or "–",  # noqa: RUF001
        )
