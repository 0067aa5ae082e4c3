"""Single values that cannot be right: text where a number belongs, numbers that nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from client.data_quality.checks.null_meanings import any_null_word, sentinel_masks, zero_mask
from client.data_quality.checks.units import unit_masks
from client.data_quality.finding import Finding, Term
from client.data_quality.hospital_rows import HospitalRows, Mask
from client.sources.numbers import parse_numbers
from shared.contract import NumericFeature

NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
# Tried in this order; what fits none is another text.
FORMS = {
    "limit": re.compile(rf"[<>≤≥]=?\s*{NUMBER}.*"),
    "two_numbers": re.compile(rf"{NUMBER}\s*[-/–]\s*{NUMBER}.*"),  # noqa: RUF001
    "thousands": re.compile(r"[-+]?\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?"),
    "decimal_sign": re.compile(r"[-+]?\d+[.,]\d+"),
    "unit_attached": re.compile(rf"{NUMBER}\s*[^\d\s].*"),
}


def form_of(text: str) -> str:
    """Return what kind of text stands where a number belongs."""
    stripped = text.strip()
    return next((form for form, look in FORMS.items() if look.fullmatch(stripped)), "words")


def texts_in_numbers(rows: HospitalRows) -> Iterable[Finding]:
    """Find texts in columns of numbers, by what they look like."""
    for feature, _ in rows.mapped():
        if not isinstance(feature, NumericFeature):
            continue
        cells = rows.cells_of(feature.name)
        missing = rows.declared_missing(feature.name)
        wrong = parse_numbers(cells, missing, rows.mapping.decimal)[1]
        wrong &= ~any_null_word(rows, feature.name)
        forms = np.full(len(rows), "", dtype=object)
        forms[wrong] = [form_of(str(cell)) for cell in cells[wrong]]
        for form in [*FORMS, "words"]:
            found = np.asarray(forms == form, dtype=np.bool_)
            if found.any():
                yield rows.finding(
                    "text_in_number", "attention", found, feature.name, form=Term(form)
                )


def impossible_values(rows: HospitalRows) -> Iterable[Finding]:
    """Find numbers outside the contract's plausible range that nothing else explains."""
    for feature, _ in rows.mapped():
        if not isinstance(feature, NumericFeature):
            continue
        converted = rows.numbers[feature.name]
        # As where values are read: an edge may move by a rounding error.
        slack = 1e-9 * (feature.maximum - feature.minimum)
        low, high = feature.minimum - slack, feature.maximum + slack
        found = ((converted < low) | (converted > high)) & ~_explained(rows, feature)
        if found.any():
            yield rows.finding(
                "impossible_value",
                "act_now",
                found,
                feature.name,
                minimum=feature.minimum,
                maximum=feature.maximum,
                unit=feature.unit if feature.unit != "1" else "",
            )


def _explained(rows: HospitalRows, feature: NumericFeature) -> Mask:
    masks = [zero_mask(rows, feature.name), *sentinel_masks(rows, feature.name).values()]
    masks += unit_masks(rows, feature.name).values()
    return np.asarray(np.logical_or.reduce(masks), dtype=np.bool_)
