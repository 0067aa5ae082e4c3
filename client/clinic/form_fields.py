"""The fields of the form of a case, one for each feature that the contract records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from client.clinic.filled import TYPED, UNIT, VALUE, Filled
from client.clinic.terms import Terms
from client.clinic.wording import Wording
from client.serving.case_problem import CaseProblem
from client.sources.units import conversion
from shared.compiled_terms import TermMatch
from shared.contract import (
    CategoricalFeature,
    Feature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)

# Units that people have on paper; offered where they convert into the contract's.
COMMON_UNITS = (
    *("a", "mo", "wk", "d", "mm[Hg]", "kPa", "cm", "m", "mm", "kg", "g", "Cel", "[degF]"),
    *("mg/dL", "g/dL", "g/L", "mg/L", "ug/dL", "ug/L", "mmol/L", "umol/L", "U/L", "ukat/L"),
)
# Percent-encoded, a longer one might not fit into a form.
LONGEST_NOTE = 8_000


@dataclass(frozen=True)
class Field:
    """One field as the page shows it.

    Attributes
    ----------
    name, kind, label : str
    text : str
        What stands in it.
    units : sequence of (str, str)
        UCUM units with their words, the contract's first.
    unit : str
        The chosen one.
    options : sequence of (str, str)
        Codes with their names.
    chosen : sequence of (str, str)
        Terms with their names.
    typed : str
        What stands in the search box.
    matches : sequence of TermMatch
        Terms that it may mean.
    range : (str, str)
        Least and greatest number.
    longest : int
        Characters.
    problem : str
        What is wrong, in words; else empty.
    """

    name: str
    kind: str
    label: str
    text: str = ""
    units: Sequence[tuple[str, str]] = ()
    unit: str = ""
    options: Sequence[tuple[str, str]] = ()
    chosen: Sequence[tuple[str, str]] = ()
    typed: str = ""
    matches: Sequence[TermMatch] = ()
    range: tuple[str, str] = ("", "")
    longest: int = 0
    problem: str = ""

    @property
    def first_control(self) -> str:
        """The id of what gets the focus."""
        return {"terms": TYPED, "flag": "yes-"}.get(self.kind, VALUE) + self.name


def fields_of(
    wording: Wording, filled: Filled, terms: Terms, problems: Mapping[str, str]
) -> list[Field]:
    """Return all fields, in the contract's order.

    Parameters
    ----------
    problems : mapping of str to str
        By feature, in words.
    """
    return [
        _field(wording, name, feature, filled, terms, problems.get(name, ""))
        for name, feature in wording.contract.recorded.items()
    ]


def _field(
    wording: Wording, name: str, feature: Feature, filled: Filled, terms: Terms, problem: str
) -> Field:
    text, kind, label = filled.first(VALUE + name), feature.kind, feature.description
    if isinstance(feature, NumericFeature):
        return Field(
            name,
            kind,
            label,
            text,
            units=[(each, wording.unit(each)) for each in units_of(feature.unit, feature.analyte)],
            unit=filled.first(UNIT + name) or feature.unit,
            range=(wording.number(feature.minimum), wording.number(feature.maximum)),
            problem=problem,
        )
    if isinstance(feature, CategoricalFeature):
        options = [(each.code, each.name) for each in feature.codes]
        return Field(name, kind, label, text, options=options, problem=problem)
    if isinstance(feature, TermsFeature):
        typed = filled.first(TYPED + name)
        return Field(
            name,
            kind,
            label,
            chosen=[(code, terms.name(feature, code)) for code in filled.terms(name)],
            typed=typed,
            matches=terms.search(feature, typed) if typed else (),
            problem=problem,
        )
    longest = min(feature.maximum_length, LONGEST_NOTE) if isinstance(feature, TextFeature) else 0
    return Field(name, kind, label, text, longest=longest, problem=problem)


@lru_cache(maxsize=512)
def units_of(unit: str, analyte: str | None) -> tuple[str, ...]:
    """Return the units that a number may be given in, the contract's first."""
    others = [
        each
        for each in COMMON_UNITS
        if each != unit and unit != "1" and conversion(each, unit, analyte) is not None
    ]
    return (unit, *others)


def problems_by_feature(wording: Wording, problems: Sequence[CaseProblem]) -> dict[str, str]:
    """Return what is wrong in the reader's words, by feature."""
    found: dict[str, str] = {}
    for each in problems:
        name = re.split(r"[.\[]", each.field, maxsplit=1)[0]
        found.setdefault(name, problem_words(wording, name, each))
    return found


def problem_words(wording: Wording, name: str, problem: CaseProblem) -> str:
    """Say what would have been right."""
    feature, words = wording.contract.recorded.get(name), wording.words
    if isinstance(feature, NumericFeature):
        return words(
            "clinic.problem.number",
            low=wording.number(feature.minimum),
            high=wording.number(feature.maximum),
            unit=wording.unit(feature.unit),
            example=wording.number(1.5),
        ).strip()
    if isinstance(feature, TermsFeature):
        too_many = problem.field == name
        key = "too_many" if too_many else "terms"
        return words(f"clinic.problem.{key}", count=feature.maximum_terms)
    if isinstance(feature, TextFeature):
        return words("clinic.problem.note", longest=feature.maximum_length)
    return words("clinic.problem.choice")
