"""What a reader filled in, before it is a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from client.clinic.terms import Terms
from shared.contract import Contract, Feature, FlagFeature, NumericFeature, TermsFeature
from shared.web.words import Words

# Fields of the form: a value, its unit, terms that were chosen, what stands in the search box.
VALUE, UNIT, TERM, TYPED = "v.", "u.", "t.", "q."
PATIENT = "patient"
# The answer that the case goes on from.
LIKE = "like"


@dataclass(frozen=True)
class Filled:
    """The fields of a form.

    Attributes
    ----------
    fields : mapping of str to list of str
    """

    fields: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, object]]) -> Filled:
        """Return the fields of a form as it was sent; files are left out."""
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            if isinstance(value, str):
                found.setdefault(name, []).append(value)
        return cls(found)

    @classmethod
    def of_values(cls, contract: Contract, values: Mapping[str, Any], words: Words) -> Filled:
        """Return the fields that give the values of an earlier case."""
        found: dict[str, list[str]] = {}
        for name, feature in contract.recorded.items():
            value = values.get(name)
            if value is None:
                continue
            if isinstance(feature, TermsFeature):
                found[TERM + name] = [str(each) for each in value]
            else:
                found[VALUE + name] = [_text(feature, value, words)]
        return cls(found)

    def going_on_from(self, number: str) -> Filled:
        """Return the fields of a case that goes on from an earlier answer."""
        return Filled({**self.fields, LIKE: [number]})

    def first(self, name: str) -> str:
        """Return what stands in a field; empty for nothing."""
        return next(iter(self.fields.get(name, [])), "").strip()

    def terms(self, name: str) -> list[str]:
        """Return the terms that were chosen, each once."""
        return list(dict.fromkeys(self.fields.get(TERM + name, [])))

    def completed(self, contract: Contract, terms: Terms) -> Filled:
        """Return the fields with what stands in search boxes chosen, where it means one term."""
        found = dict(self.fields)
        for name, feature in contract.recorded.items():
            typed = self.first(TYPED + name)
            if typed and isinstance(feature, TermsFeature):
                codes = terms.resolved(feature, typed)
                if codes is not None:
                    found[TERM + name] = [*self.terms(name), *codes]
                    found[TYPED + name] = []
        return Filled(found)

    def unresolved(self, contract: Contract) -> list[str]:
        """Return the features whose search box still holds something."""
        return [
            name
            for name, feature in contract.recorded.items()
            if isinstance(feature, TermsFeature) and self.first(TYPED + name)
        ]

    def content(self, contract: Contract, words: Words) -> dict[str, Any]:
        """Return the case as `CaseReader` takes it."""
        return {
            name: self._value(name, feature, words) for name, feature in contract.recorded.items()
        }

    def _value(self, name: str, feature: Feature, words: Words) -> object:
        if isinstance(feature, TermsFeature):
            return self.terms(name)
        text = self.first(VALUE + name)
        if not text:
            return None
        if isinstance(feature, FlagFeature):
            return {"yes": True, "no": False}.get(text, text)
        if isinstance(feature, NumericFeature):
            # A comma is a decimal sign where the reader's language says so, and nowhere else.
            number = text.replace(words("number.decimal"), ".")
            unit = self.first(UNIT + name) or feature.unit
            return number if unit == feature.unit else {"value": number, "unit": unit}
        return text


def _text(feature: Feature, value: object, words: Words) -> str:
    if isinstance(feature, FlagFeature):
        return "yes" if value else "no"
    if isinstance(feature, NumericFeature):
        return f"{value:.9g}".replace(".", words("number.decimal"))
    return str(value)
