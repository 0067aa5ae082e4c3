"""Tables of what hospitals told; each is a CSV file beside the page."""

from __future__ import annotations

from collections.abc import Callable

from server.exploration.asking import FederatedExploration
from server.exploration.told import Told, class_count, code_share, missing, patients_with
from shared.contract import CategoricalFeature, FlagFeature, NumericFeature, TermsFeature
from shared.exploration.cells import base_edges, cell_count, codes_of
from shared.exploration.exploration import Exploration, merge_explorations
from shared.ontology import terminology
from shared.pages.labels import class_label, code_label, feature_label, unit_label
from shared.pages.page import Table
from shared.pages.words import Catalogue, Text, Words, between, count, decimal, joined, percent

MOST_TERMS_SHOWN = 40


class Tables:
    """Tables of what hospitals told; takes what `Figures` takes."""

    def __init__(self, found: FederatedExploration, say: Catalogue) -> None:
        self.found = found
        self.contract = found.contract
        self.say = say
        self.hospitals = list(found.hospitals)

    def _numbers(self, first: int, columns: int) -> frozenset[int]:
        return frozenset(range(first, first + columns))

    def classes(self) -> Table:
        """Patients by class and hospital."""
        rows: list[list[Text]] = []
        for code in self.contract.classes:
            told = [
                class_count(self.contract, each, code) for each in self.found.hospitals.values()
            ]
            low, high = sum(each.at_least for each in told), sum(each.at_most for each in told)
            cells = [self._told_count(each) for each in told]
            rare = self.say(f"frequency.{self.contract.classes[code].frequency}")
            whole = between(low, high)
            rows.append([class_label(self.contract, code), code, rare, *cells, whole])
        totals = [each.patients for each in self.found.hospitals.values()]
        rows.append([self.say("all"), "", "", *map(count, totals), count(sum(totals))])
        titles = [self.say("class"), self.say("code"), self.say("frequency.title")]
        return Table(
            "classes",
            [*titles, *self.hospitals, self.say("all")],
            rows,
            self._numbers(3, len(self.hospitals) + 1),
            has_total=True,
        )

    def _told_count(self, told: Told) -> Words:
        if told.kind == "few":
            return self.say("few_cell", count=told.smallest)
        sign = {"exact": "", "about": "≈ ", "bound": "≤ "}[told.kind]
        return joined([sign, count(told.count)], "")

    def together(self) -> list[Words]:
        """Say which classes each hospital tells together only."""
        codes = list(self.contract.classes)
        said = []
        for hospital, told in self.found.hospitals.items():
            for group, rows in zip(told.classes.cells, told.classes.counts, strict=True):
                if len(group) > 1:
                    names = joined(
                        [class_label(self.contract, codes[each]) for each in group], "; "
                    )
                    said.append(self.say("together", hospital=hospital, names=names, count=rows))
        return said

    def missing(self) -> Table:
        """Patients without a value by feature and hospital."""
        rows = [
            [feature_label(name), *(self._missing(name, told) for told in self._told())]
            for name in self.contract.features
        ]
        numbers = self._numbers(1, len(self.hospitals))
        return Table("missing", [self.say("feature"), *self.hospitals], rows, numbers)

    def _told(self) -> list[Exploration]:
        return list(self.found.hospitals.values())

    def _missing(self, name: str, told: Exploration) -> Text:
        found = missing(self.contract.features[name], told, name)
        if found.present_is_few:
            return self.say("missing_few_long.present", count=told.smallest_cell)
        if found.rows.kind == "few":
            return self.say("few_cell", count=told.smallest_cell)
        share = percent(found.rows.count / told.patients)
        return self.say("missing_count", count=self._told_count(found.rows), share=share)

    def numbers(self) -> Table:
        """Mean and standard deviation of each number in the federation."""
        merged = merge_explorations(self._told())
        moments = merged.products.moments(self.contract) if merged.products else {}
        rows: list[list[Text]] = []
        for name, (patients, mean, deviation) in moments.items():
            feature = self.contract.features[name]
            unit = feature.unit if isinstance(feature, NumericFeature) else ""
            digits = 1 if deviation > 3 else 2
            rows.append(
                [
                    feature_label(name),
                    unit_label(unit, self.say),
                    count(patients),
                    decimal(mean, digits),
                    decimal(deviation, digits),
                ]
            )
        keys = ("feature", "unit", "patients", "mean", "deviation")
        return Table("numbers", [self.say(key) for key in keys], rows, self._numbers(2, 3))

    def distributions(self) -> Table:
        """Every step of every number's distribution at every hospital."""
        rows: list[list[Text]] = []
        for name, feature in self.contract.features.items():
            if not isinstance(feature, NumericFeature):
                continue
            edges, absent = base_edges(feature), cell_count(feature) - 1
            for hospital, told in self.found.hospitals.items():
                cells = told.features[name].cells
                for group, patients in zip(cells.cells, cells.counts, strict=True):
                    bins = [each for each in group if each != absent]
                    low = f"{edges[bins[0]]:g}" if bins else ""
                    high = f"{edges[bins[-1] + 1]:g}" if bins else ""
                    with_missing = "yes" if absent in group else ""
                    rows.append([name, hospital, low, high, with_missing, str(patients)])
        titles = ("feature", "hospital", "from", "to", "with_missing", "patients")
        return Table("distributions", [self.say(key) for key in titles], rows)

    def codes(self) -> Table:
        """Patients by code and hospital."""
        rows: list[list[Text]] = []
        for name, feature in self.contract.features.items():
            if not isinstance(feature, CategoricalFeature | FlagFeature):
                continue
            for place, code in enumerate(codes_of(feature)):
                cells = [
                    self._told_count(code_share(feature, told, name, place)[1])
                    for told in self._told()
                ]
                rows.append([feature_label(name), code_label(feature, code, self.say), *cells])
            known = [count(patients_with(feature, told, name)) for told in self._told()]
            rows.append([feature_label(name), self.say("value_known"), *known])
        titles: list[Text] = [self.say("feature"), self.say("code"), *self.hospitals]
        return Table("codes", titles, rows, self._numbers(2, len(self.hospitals)))

    def terms(self) -> list[tuple[str, Table]]:
        """Patients by term and hospital, the most frequent first."""
        found = []
        for name, feature in self.contract.features.items():
            if isinstance(feature, TermsFeature):
                known = terminology(feature.code_system)
                found.append((name, self._terms(name, known.name)))
        return [(name, table) for name, table in found if table.rows]

    def _terms(self, name: str, called: Callable[[str], str]) -> Table:
        told = [each.terms[name] for each in self._told()]
        totals = {term: sum(each.get(term, 0) for each in told) for each in told for term in each}
        rows: list[list[Text]] = []
        for term in sorted(totals, key=lambda each: (-totals[each], each)):
            cells = [count(each[term]) if term in each else self.say("few") for each in told]
            whole = all(term in each for each in told)
            total = count(totals[term]) if whole else self.say("at_least", count=totals[term])
            rows.append([called(term), term, *cells, total])
        titles: list[Text] = [self.say("term"), self.say("code"), *self.hospitals, self.say("all")]
        return Table(f"terms-{name}", titles, rows, self._numbers(2, len(self.hospitals) + 1))

    def studies(self) -> Table:
        """How many patients each study would find."""
        rows: list[list[Text]] = []
        for place, study in enumerate(self.found.studies):
            told = [each.studies[place] for each in self._told()]
            total = sum(each or 0 for each in told)
            cells = [self._found(each) for each in told]
            whole = None if set(told) == {None} else total
            rows.append([study.name, study.where, *cells, self._found(whole)])
        titles: list[Text] = [
            self.say("study"),
            self.say("conditions"),
            *self.hospitals,
            self.say("all"),
        ]
        return Table("studies", titles, rows, self._numbers(2, len(self.hospitals) + 1))

    def _found(self, patients: int | None) -> Text:
        if patients is None:
            return self.say("few")
        return count(0) if patients == 0 else self.say("at_least", count=patients)
