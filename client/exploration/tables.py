"""The tables of a hospital's own exploration."""

from __future__ import annotations

from collections import Counter

import numpy as np

from client.exploration.missingness import Pattern
from client.exploration.view import LocalView
from shared.contract import TermsFeature
from shared.exploration.cells import codes_of
from shared.ontology import terminology
from shared.pages.labels import class_label, code_label, feature_label, unit_label
from shared.pages.page import Table
from shared.pages.words import Catalogue, Text, count, decimal, joined, percent

MOST_PATTERNS = 12
MOST_TERMS = 40
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


class LocalTables:
    """Takes what `LocalFigures` takes."""

    def __init__(self, view: LocalView, say: Catalogue) -> None:
        self.view = view
        self.say = say

    def classes(self) -> Table:
        """Return records by label."""
        contract = self.view.contract
        rows: list[list[Text]] = [
            [
                class_label(contract, code),
                code,
                self.say(f"frequency.{contract.classes[code].frequency}"),
                count(rows),
            ]
            for code, rows in self.view.labels.items()
        ]
        rows.append([self.say("all"), "", "", count(len(self.view))])
        titles = [self.say(key) for key in ("class", "code", "frequency.title", "records")]
        return Table("classes", titles, rows, frozenset({3}), has_total=True)

    def patterns(self, patterns: list[Pattern]) -> Table:
        """Return what is missing together, the most frequent first."""
        rows: list[list[Text]] = [
            [
                joined(feature_label(name) for name in each.features)
                if each.features
                else self.say("nothing_missing"),
                count(each.rows),
                percent(each.rows / len(self.view)),
            ]
            for each in patterns
        ]
        titles = [self.say(key) for key in ("missing_are", "records", "share")]
        return Table("missing-patterns", titles, rows, frozenset({1, 2}))

    def numbers(self) -> Table:
        """Return where the values of each number lie."""
        rows: list[list[Text]] = []
        for name, feature in self.view.numbers.items():
            values = self.view.records.table[name].to_numpy(dtype=np.float64)
            known = values[~np.isnan(values)]
            label = [feature_label(name), unit_label(feature.unit, self.say), count(len(known))]
            if len(known):
                spread = [known.mean(), known.std(ddof=1) if len(known) > 1 else 0.0]
                found = [*spread, *np.quantile(known, _QUANTILES)]
                digits = 1 if known.std() > 3 else 2
                rows.append([*label, *(decimal(float(each), digits) for each in found)])
            else:
                rows.append([*label, *[self.say("no_values")] * (2 + len(_QUANTILES))])
        keys = ("feature", "unit", "records", "mean", "deviation", "lowest")
        titles: list[Text] = [
            *(self.say(key) for key in keys),
            *("5%", "25%", "50%", "75%", "95%"),
            self.say("highest"),
        ]
        return Table("numbers", titles, rows, frozenset(range(2, len(titles))))

    def codes(self) -> Table:
        """Return records by code and class."""
        rows: list[list[Text]] = []
        for name, feature in self.view.coded.items():
            places = self.view.cells(name)
            for place, code in enumerate([*codes_of(feature), "missing"]):
                inside = places == place
                cells = [count(int((inside & group.rows).sum())) for group in self.view.groups]
                label = code_label(feature, code, self.say)
                rows.append([feature_label(name), label, *cells, count(int(inside.sum()))])
        titles: list[Text] = [self.say("feature"), self.say("code")]
        names = [self._group(group.codes) for group in self.view.groups]
        titles += [*names, self.say("all")]
        return Table("codes", titles, rows, frozenset(range(2, len(titles))))

    def _group(self, codes: tuple[str, ...]) -> Text:
        contract = self.view.contract
        if len(contract.groups) == 2:
            return class_label(contract, contract.group_of(codes[0])).split(",")[0]
        if len(codes) == 1:
            return class_label(contract, codes[0])
        return self.say("other_classes", count=len(codes))

    def terms(self) -> list[tuple[str, Table]]:
        """Return records by term of each set of terms, those below it among them."""
        return [
            (name, self._terms(name, feature))
            for name, feature in self.view.contract.features.items()
            if isinstance(feature, TermsFeature)
        ]

    def _terms(self, name: str, feature: TermsFeature) -> Table:
        known = terminology(feature.code_system)
        sets = Counter(tuple(sorted(terms)) for terms in self.view.records.table[name])
        own: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for terms, rows in sets.items():
            for term in terms:
                own[term] += rows
            for term in known.expand(terms):
                counts[term] += rows
        written: list[list[Text]] = [
            [known.name(term), term, count(own[term]), count(rows), percent(rows / len(self.view))]
            for term, rows in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ]
        titles = [self.say(key) for key in ("term", "code", "itself", "with_below", "share")]
        return Table(f"terms-{name}", titles, written, frozenset({2, 3, 4}))
