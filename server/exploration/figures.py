"""The figures of a federation's exploration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from server.exploration.asking import FederatedExploration
from server.exploration.case_mix import Apart
from server.exploration.distribution import Distribution, distribution, mixed
from server.exploration.telling import Telling
from server.exploration.told import (
    Missing,
    Told,
    class_count,
    code_share,
    missing,
    patients_with,
)
from shared.contract import CategoricalFeature, Feature, FlagFeature, NumericFeature
from shared.exploration.cells import codes_of
from shared.exploration.exploration import Exploration
from shared.exploration.products import CrossProducts
from shared.pages.charts import Bar, Cell, bar_matrix, bars, heat_map
from shared.pages.distribution_chart import Steps, distributions
from shared.pages.drawing import BLUE, VERMILION, Drawing
from shared.pages.labels import class_label, code_label, feature_label, unit_label
from shared.pages.words import (
    Catalogue,
    Text,
    Words,
    between,
    count,
    decimal,
    joined,
    percent,
    words,
)


class Figures:
    """Draws what hospitals told.

    Parameters
    ----------
    found : FederatedExploration
    say : Catalogue
    """

    def __init__(self, found: FederatedExploration, say: Catalogue) -> None:
        self.found = found
        self.contract = found.contract
        self.say = say
        self.patients = sum(each.patients for each in found.hospitals.values())

    def drawing(self, name: str, key: str, **values: Text | int) -> Drawing:
        """Begin a figure."""
        title = self.say(f"figure.{key}", **values)
        hospitals = ", ".join(self.found.hospitals)
        return Drawing(name, title, self.say("figure.described", hospitals=hospitals))

    def classes(self) -> Drawing:
        """Draw each class's share at each hospital, and in all."""
        codes = [code for code in self.contract.classes if self._total(code)[1]]
        together = [] if self.found.is_noised else [self.say("all")]
        cells = [
            [
                *(self._class_cell(code, name) for name in self.found.hospitals),
                *(self._all_of(code) for _ in together),
            ]
            for code in codes
        ]
        return bar_matrix(
            self.drawing("classes", "classes"),
            [self._class_label(code) for code in codes],
            [*self.found.hospitals, *together],
            cells,
            [VERMILION if self._is_rare(code) else BLUE for code in codes],
        )

    def _class_label(self, code: str) -> Words:
        label = class_label(self.contract, code)
        return joined([label, self.say("rare_mark")], " ") if self._is_rare(code) else words(label)

    def _is_rare(self, code: str) -> bool:
        return self.contract.classes[code].frequency == "rare"

    def _class_cell(self, code: str, hospital: str) -> Cell:
        told = self.found.hospitals[hospital]
        rows = class_count(self.contract, told, code)
        return counted_cell(rows, count(rows.count), rows.count / told.patients, self.say)

    def _total(self, code: str) -> tuple[int, int]:
        """Return the least and the most patients of a class that there can be."""
        rows = [class_count(self.contract, each, code) for each in self.found.hospitals.values()]
        return sum(each.at_least for each in rows), sum(each.at_most for each in rows)

    def _all_of(self, code: str) -> Cell:
        low, high = self._total(code)
        least = None if low == high else low / self.patients
        return Cell(high / self.patients, between(low, high), least)

    def missing(self) -> Drawing:
        """Draw the share of patients without a value, by feature and hospital."""
        cells = [
            [
                self._missing_cell(missing(feature, told, name))
                for told in self.found.hospitals.values()
            ]
            for name, feature in self.contract.features.items()
        ]
        labels = [feature_label(name) for name in self.contract.features]
        return heat_map(
            self.drawing("missing", "missing"), labels, list(self.found.hospitals), cells
        )

    def _missing_cell(self, found: Missing) -> Cell:
        smallest = found.rows.smallest
        if found.present_is_few:
            return Cell(1.0, self.say("missing_few.present", count=smallest))
        if found.rows.kind == "few":
            return Cell(0.0, self.say("missing_few.missing", count=smallest))
        share = percent(found.rows.count / found.patients)
        if found.rows.kind == "bound":
            return Cell(None, joined(["≤", share], ""))
        return Cell(found.nearly, share)

    def numbers(self) -> list[tuple[str, Drawing]]:
        """Draw the distribution of each number at each hospital."""
        return [
            (name, self._number(name, feature))
            for name, feature in self.contract.features.items()
            if isinstance(feature, NumericFeature)
        ]

    def _number(self, name: str, feature: NumericFeature) -> Drawing:
        told = {
            hospital: distribution(feature, each.features[name])
            for hospital, each in self.found.hospitals.items()
        }
        rows = [self._steps(name, feature, hospital, shape) for hospital, shape in told.items()]
        together = mixed([each for each in told.values() if each is not None])
        whole = None
        if together is not None:
            whole = Steps(self.say("all"), together.edges.tolist(), together.density.tolist())
        unit = unit_label(feature.unit, self.say)
        drawing = self.drawing(f"distribution-{name}", "numbers", feature=feature_label(name))
        return distributions(drawing, rows, unit, whole)

    def _steps(
        self, name: str, feature: NumericFeature, hospital: str, shape: Distribution | None
    ) -> Steps:
        told = self.found.hospitals[hospital]
        if shape is None:
            nobody = missing(feature, told, name).share == 1
            return Steps(hospital, [], [], nothing=self.say("no_values" if nobody else "not_told"))
        equals = "=" if missing(feature, told, name).share is not None else "≈"
        patients = count(patients_with(feature, told, name))
        return Steps(
            hospital,
            shape.edges.tolist(),
            shape.density.tolist(),
            joined(["n", equals, patients], " "),
            open_low=shape.open_low,
            open_high=shape.open_high,
        )

    def codes(self) -> list[tuple[str, Drawing]]:
        """Draw the share of each code among patients whose value is known."""
        return [
            (name, self._codes(name, feature))
            for name, feature in self.contract.features.items()
            if isinstance(feature, CategoricalFeature | FlagFeature)
        ]

    def _codes(self, name: str, feature: CategoricalFeature | FlagFeature) -> Drawing:
        codes = codes_of(feature)
        hospitals = self.found.hospitals.values()
        cells = [
            [self._code_cell(name, feature, place, told) for told in hospitals]
            for place in range(len(codes))
        ]
        labels = [code_label(feature, code, self.say) for code in codes]
        drawing = self.drawing(f"codes-{name}", "codes", feature=feature_label(name))
        return bar_matrix(drawing, labels, list(self.found.hospitals), cells)

    def _code_cell(self, name: str, feature: Feature, place: int, told: Exploration) -> Cell:
        if missing(feature, told, name).share == 1:
            return Cell(None, self.say("no_values"))
        share, rows = code_share(feature, told, name, place)
        return counted_cell(rows, percent(share), share, self.say)

    def telling(self, features: Sequence[Telling]) -> Drawing:
        """Draw what each feature tells of the diagnosis."""
        rows = [
            Bar(
                feature_label(each.feature),
                each.bits,
                self.say("bits", bits=decimal(each.bits, 3), share=percent(each.of_all)),
                each.chance,
                sorted(each.hospitals.values()),
            )
            for each in features
        ]
        return bars(self.drawing("telling", "telling"), rows)

    def correlations(self, products: CrossProducts) -> Drawing:
        """Draw the correlation of each pair of numbers."""
        found = products.correlations()
        labels = [feature_label(name) for name in products.names]
        cells = [
            [
                self._correlation(found[row, column])
                if column < row
                else Cell(None, "·" if column == row else "")
                for column in range(len(labels))
            ]
            for row in range(len(labels))
        ]
        drawing = self.drawing("correlations", "correlations")
        return heat_map(drawing, labels, labels, cells, square=True)

    def _correlation(self, value: float) -> Cell:
        if np.isnan(value):
            return Cell(None, self.say("no_data"))
        return Cell(float(value), decimal(float(value), 2))

    def distances(self, pairs: Sequence[Apart], name: str) -> Drawing:
        """Draw how far each pair of hospitals is apart.

        Parameters
        ----------
        name : str
            ``classes`` or ``features``.
        """
        hospitals = list(self.found.hospitals)
        values = {
            (each.first, each.second): (
                each.classes if name == "classes" else each.mean_of_features
            )
            for each in pairs
        }
        cells = [
            [self._distance(values.get((column, row)), row == column) for column in hospitals]
            for row in hospitals
        ]
        drawing = self.drawing(f"distance-{name}", f"distance_{name}")
        return heat_map(drawing, hospitals, hospitals, cells)

    def _distance(self, value: float | None, same: bool) -> Cell:
        if same:
            return Cell(None, "·")
        return Cell(None, "") if value is None else Cell(value, decimal(value, 2))


def counted_cell(rows: Told, text: Words, share: float, say: Catalogue) -> Cell:
    """Return a bar with what is told of it: a number, about that, fewer than, or at most."""
    if rows.kind == "few":
        return Cell(None, say("few_cell", count=rows.smallest))
    if rows.kind == "about":
        return Cell(share, joined(["≈ ", text], ""))
    if rows.kind == "bound":
        return Cell(share, joined(["≤ ", text], ""), at_least=0.0)
    return Cell(share, text)
