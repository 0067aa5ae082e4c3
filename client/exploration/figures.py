"""The figures of a hospital's own exploration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from client.exploration.association import ClassTelling, correlations, cramers_v
from client.exploration.missingness import missing_shares, missing_together
from client.exploration.time import Period
from client.exploration.view import ClassGroup, LocalView
from shared.contract import CategoricalFeature, FlagFeature, NumericFeature
from shared.exploration.cells import codes_of
from shared.pages.charts import Bar, Cell, bar_matrix, bars, heat_map
from shared.pages.distribution_chart import Steps, distributions
from shared.pages.drawing import BLUE, SERIES, VERMILION, Drawing
from shared.pages.labels import class_label, code_label, feature_label, unit_label
from shared.pages.words import Catalogue, Text, Words, count, decimal, joined, percent

Floats = npt.NDArray[np.float64]
# Steps of a distribution.
FEWEST_STEPS, MOST_STEPS = 8, 36
_UNKNOWN = "\N{EN DASH}"


class LocalFigures:
    """Draws a hospital's records.

    Parameters
    ----------
    view : LocalView
    say : Catalogue
    """

    def __init__(self, view: LocalView, say: Catalogue) -> None:
        self.view = view
        self.say = say
        self.names = [self.group_name(group) for group in view.groups]

    def drawing(self, name: str, key: str, **values: Text | int) -> Drawing:
        """Begin a figure."""
        return Drawing(name, self.say(f"figure.{key}", **values), self.say("figure.described"))

    def group_name(self, group: ClassGroup) -> Text:
        """Return what a group of classes is called."""
        contract = self.view.contract
        if len(contract.groups) == 2:
            return class_label(contract, contract.group_of(group.codes[0])).split(",")[0]
        if len(group.codes) == 1:
            return class_label(contract, group.codes[0])
        return self.say("other_classes", count=len(group.codes))

    def classes(self) -> Drawing:
        """Draw how many records each label has."""
        contract, rows = self.view.contract, self.view.labels
        codes = [code for code in contract.classes if rows[code]]
        rare = [contract.classes[code].frequency == "rare" for code in codes]
        marks = [[self.say("rare_mark")] if each else [] for each in rare]
        return bar_matrix(
            self.drawing("classes", "classes"),
            [
                joined([class_label(contract, code), *mark], " ")
                for code, mark in zip(codes, marks, strict=True)
            ],
            [self.say("records")],
            [[Cell(rows[code] / len(self.view), self._counted(rows[code]))] for code in codes],
            [VERMILION if each else BLUE for each in rare],
        )

    def _counted(self, rows: int) -> Words:
        return joined([count(rows), " (", percent(rows / len(self.view)), ")"], "")

    def missing(self) -> Drawing:
        """Draw the share without a value, of all and by class."""
        shares = missing_shares(self.view)
        cells = [[_share(each) for each in row] for row in shares.values()]
        labels = [feature_label(name) for name in shares]
        columns = [self.say("all"), *self.names]
        return heat_map(self.drawing("missing", "missing"), labels, columns, cells)

    def missing_together(self) -> Drawing | None:
        """Draw how often a feature is missing where another is; None for fewer than two."""
        names, shares = missing_together(self.view)
        if len(names) < 2:
            return None
        labels = [feature_label(name) for name in names]
        cells = [
            [
                Cell(None, "·") if row == column else _share(float(shares[row, column]))
                for column in range(len(names))
            ]
            for row in range(len(names))
        ]
        drawing = self.drawing("missing-together", "missing_together")
        return heat_map(drawing, labels, labels, cells, square=True)

    def numbers(self) -> list[tuple[str, Drawing]]:
        """Draw the distribution of each number by class."""
        return [(name, self._number(name, each)) for name, each in self.view.numbers.items()]

    def _number(self, name: str, feature: NumericFeature) -> Drawing:
        values = self.view.records.table[name].to_numpy(dtype=np.float64)
        edges = step_edges(values)
        rows = [
            self._steps(label, values[group.rows], edges, SERIES[place % len(SERIES)])
            for place, (label, group) in enumerate(zip(self.names, self.view.groups, strict=True))
        ]
        everyone = self._steps(self.say("all"), values, edges, BLUE)
        drawing = self.drawing(f"distribution-{name}", "numbers", feature=feature_label(name))
        return distributions(drawing, rows, unit_label(feature.unit, self.say), everyone)

    def _steps(self, name: Text, values: Floats, edges: Floats, colour: str) -> Steps:
        known = values[~np.isnan(values)]
        if not len(known):
            return Steps(name, [], [], nothing=self.say("no_values"))
        heights = np.histogram(known, edges)[0] / len(known) / np.diff(edges)
        note = joined(["n = ", count(len(known))], "")
        return Steps(name, edges.tolist(), heights.tolist(), note, colour=colour)

    def codes(self) -> list[tuple[str, Drawing]]:
        """Draw the share of each code by class, among records whose value is known."""
        return [(name, self._codes(name, each)) for name, each in self.view.coded.items()]

    def _codes(self, name: str, feature: CategoricalFeature | FlagFeature) -> Drawing:
        codes, places = codes_of(feature), self.view.cells(name)
        groups = [np.ones(len(self.view), dtype=bool), *(each.rows for each in self.view.groups)]
        nobody = self.say("no_values")
        known = [int((places[rows] < len(codes)).sum()) for rows in groups]
        cells = [
            [
                _share((places[rows] == place).sum() / size) if size else Cell(None, nobody)
                for rows, size in zip(groups, known, strict=True)
            ]
            for place in range(len(codes))
        ]
        labels = [code_label(feature, code, self.say) for code in codes]
        drawing = self.drawing(f"codes-{name}", "codes", feature=feature_label(name))
        return bar_matrix(drawing, labels, [self.say("all"), *self.names], cells)

    def telling(self, features: Sequence[ClassTelling]) -> Drawing:
        """Draw what each feature tells of the diagnosis."""
        rows = [
            Bar(
                feature_label(each.feature),
                each.bits,
                self.say("bits", bits=decimal(each.bits, 3), share=percent(each.of_all)),
                each.chance,
            )
            for each in features
        ]
        return bars(self.drawing("telling", "telling"), rows)

    def correlations(self) -> Drawing | None:
        """Draw Pearson's correlation below the diagonal, and Spearman's above; None for no pair."""
        names = list(self.view.numbers)
        if len(names) < 2:
            return None
        lower, upper = (correlations(self.view, each) for each in ("pearson", "spearman"))
        values = np.where(np.tril(np.ones_like(lower), -1) > 0, lower, upper)
        return self._pairs("correlations", names, values)

    def cramers_v(self) -> Drawing | None:
        """Draw Cramér's V of each pair of codes; None for no pair."""
        names, values = cramers_v(self.view)
        return self._pairs("cramers-v", names, values, half=True) if len(names) > 1 else None

    def _pairs(
        self, name: str, names: Sequence[str], values: Floats, *, half: bool = False
    ) -> Drawing:
        labels = [feature_label(each) for each in names]
        cells = [
            [
                self._pair(float(values[row, column]), row == column, half and column > row)
                for column in range(len(names))
            ]
            for row in range(len(names))
        ]
        drawing = self.drawing(name, name.replace("-", "_"))
        return heat_map(drawing, labels, labels, cells, square=True)

    def _pair(self, value: float, same: bool, is_blank: bool) -> Cell:
        if same or is_blank:
            return Cell(None, "·" if same else "")
        return Cell(None, _UNKNOWN) if np.isnan(value) else Cell(value, decimal(value, 2))

    def time(self, periods: Sequence[Period]) -> Drawing:
        """Draw how many records of each class there are in each stretch of time."""
        most = max(max(each.by_class) for each in periods) or 1
        return heat_map(
            self.drawing("time", "time"),
            self.names,
            [each.name for each in periods],
            [
                [Cell(0.9 * rows / most, count(rows)) for rows in of_class]
                for of_class in zip(*(each.by_class for each in periods), strict=True)
            ],
        )

    def missing_in_time(self, periods: Sequence[Period]) -> Drawing:
        """Draw the share without a value in each stretch of time."""
        names = list(self.view.missing)
        cells = [[_share(each.missing[name]) for each in periods] for name in names]
        labels = [feature_label(name) for name in names]
        drawing = self.drawing("missing-in-time", "missing_in_time")
        return heat_map(drawing, labels, [each.name for each in periods], cells)


def _share(share: float) -> Cell:
    return Cell(None, _UNKNOWN) if np.isnan(share) else Cell(share, percent(share))


def step_edges(values: Floats) -> Floats:
    """Return where a distribution's steps meet: Freedman and Diaconis 1981, within limits."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.array([0.0, 1.0])
    low, high = known.min(), known.max()
    if high - low <= MOST_STEPS and (known == np.rint(known)).all():
        return np.arange(low - 0.5, high + 1)
    steps = len(np.histogram_bin_edges(known, "fd")) - 1 if len(np.unique(known)) > 1 else 1
    distinct = len(np.unique(known))
    number = int(np.clip(steps, FEWEST_STEPS, MOST_STEPS))
    return np.histogram_bin_edges(known, min(number, max(distinct, 1)))
