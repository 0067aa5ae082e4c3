"""Findings, values and units in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.web.words import Words

# UCUM units that nobody writes so, and the message that says them.
UNITS = {
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "mm[Hg]": "mmhg",
    "umol/L": "micromol",
    "ug/L": "microgram_litre",
    "ug/dL": "microgram",
    "Cel": "celsius",
    "[degF]": "fahrenheit",
    "{beats}/min": "beats",
    "/min": "beats",
    "1": "none",
}
MOST_DIGITS = 4
# From here on, a number has no decimals.
LONG = 10**MOST_DIGITS


class Wording:
    """Says what is recorded of a patient in one language.

    Parameters
    ----------
    contract : Contract
    words : Words
    diseases : mapping of str to str, optional
        Names of the diseases that are ranked, by code.
    """

    def __init__(
        self, contract: Contract, words: Words, diseases: Mapping[str, str] | None = None
    ) -> None:
        self.contract = contract
        self._diseases = diseases or {}
        self.words = words
        kinds = [each.kind for each in contract.features.values()]
        # Where there is one set of findings, its name tells nothing.
        self._which = "" if kinds.count("terms") == 1 else "_of"

    def unit(self, unit: str) -> str:
        """Return a unit as people write it; empty for a number without one."""
        return self.words(f"clinic.unit.{UNITS[unit]}") if unit in UNITS else unit

    def number(self, value: float) -> str:
        """Return a number with as many digits as a measurement has."""
        small = abs(value) < LONG
        text = f"{value:.{MOST_DIGITS}g}" if small else f"{value:.0f}"
        return text.replace(".", self.words("number.decimal"))

    def day(self, text: str) -> str:
        """Return a day, ``2026-11-30``, as people there write it."""
        found = date.fromisoformat(text)
        return f"{found.day} {self.words(f'month.{found.month}')} {found.year}"

    def clock(self, text: str) -> str:
        """Return the time of day, in this machine's zone, of a time in ISO 8601."""
        return f"{datetime.fromisoformat(text).astimezone():%H:%M}"

    def disease(self, code: str) -> str:
        """Return a diagnosis by its name; its code where nobody knows it any more."""
        found = self.contract.classes.get(code)
        return found.name if found else self._diseases.get(code, code)

    def feature(self, name: str) -> str:
        """Return what the contract calls a feature."""
        found = self.contract.features.get(name)
        return found.description if found else name

    def value(self, feature: Feature, value: object) -> str:
        """Return a value with its unit."""
        if isinstance(feature, NumericFeature) and isinstance(value, int | float):
            unit = self.unit(feature.unit)
            return f"{self.number(value)} {unit}".strip()
        if isinstance(feature, FlagFeature):
            return self.words("clinic.flag.yes" if value else "clinic.flag.no")
        if isinstance(feature, CategoricalFeature):
            names = {each.code: each.name for each in feature.codes}
            return names.get(str(value), str(value))
        return str(value)

    def finding(self, reason: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        """Return one finding of an explanation.

        Parameters
        ----------
        reason : mapping
            With ``feature``, ``term``, ``words`` and ``recorded``.
        values : mapping
            What was recorded of the patient, by feature.
        """
        name = reason["feature"]
        feature = self.contract.features.get(name)
        if reason["term"] or feature is None:
            # The code stands beside the finding where the case is shown as it was entered.
            return str(reason["words"]).removesuffix(f" ({reason['term']})")
        what = feature.description
        if isinstance(feature, TermsFeature):
            key = "no_others" if values.get(name) else "none_recorded"
            return self.words(f"clinic.finding.{key}{self._which}", what=what)
        if not reason["recorded"]:
            return self.words("clinic.finding.not_recorded", what=what)
        if name not in values or values[name] is None:
            # A derived feature: its value is in no record.
            return str(reason["words"])
        return f"{what}: {self.value(feature, values[name])}"
