"""Tables of what is related: features and classes, pairs of numbers, pairs of hospitals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from server.exploration.asking import FederatedExploration
from server.exploration.case_mix import Apart
from server.exploration.telling import Telling
from shared.exploration.exploration import merge_explorations
from shared.pages.labels import feature_label
from shared.pages.page import Table
from shared.pages.words import Catalogue, Text, count, decimal, joined, percent


class Relations:
    """Takes what `Figures` takes."""

    def __init__(self, found: FederatedExploration, say: Catalogue) -> None:
        self.found = found
        self.say = say
        self.hospitals = list(found.hospitals)

    def telling(self, features: Sequence[Telling]) -> Table:
        """Return what each feature tells of the diagnosis."""
        rows: list[list[Text]] = [
            [
                feature_label(each.feature),
                decimal(each.bits, 4),
                percent(each.of_all),
                decimal(each.chance, 4),
                count(each.patients),
                *(
                    decimal(each.hospitals[name], 4) if name in each.hospitals else self.say("few")
                    for name in self.hospitals
                ),
            ]
            for each in features
        ]
        keys = ("feature", "bits_title", "of_all", "by_chance", "patients")
        titles: list[Text] = [*(self.say(key) for key in keys), *self.hospitals]
        return Table("telling", titles, rows, frozenset(range(1, len(titles))))

    def correlations(self) -> Table:
        """Return the correlation of each pair of numbers, and over how many patients."""
        merged = merge_explorations(self.found.hospitals.values())
        rows: list[list[Text]] = []
        if merged.products is not None:
            found, names = merged.products.correlations(), merged.products.names
            for row in range(len(names)):
                for column in range(row):
                    value = float(found[row, column])
                    shown = self.say("no_data") if np.isnan(value) else decimal(value, 3)
                    both = count(merged.products.pairs[row][column])
                    pair = feature_label(names[row]), feature_label(names[column])
                    rows.append([*pair, shown, both])
        keys = ("feature", "and", "correlation", "patients")
        return Table("correlations", [self.say(key) for key in keys], rows, frozenset({2, 3}))

    def distances(self, pairs: Sequence[Apart]) -> Table:
        """Return how far hospitals are apart, and in what most."""
        rows: list[list[Text]] = []
        for each in sorted(pairs, key=lambda one: -one.classes):
            most = sorted(each.features.items(), key=lambda one: -one[1])[:3]
            named = joined(
                [joined([feature_label(name), decimal(value, 2)], " ") for name, value in most]
            )
            mean = each.mean_of_features
            rows.append(
                [
                    f"{each.first}, {each.second}",
                    decimal(each.classes, 2),
                    decimal(each.classes_by_chance, 2),
                    self.say("no_data") if mean is None else decimal(mean, 2),
                    named,
                ]
            )
        keys = ("hospitals", "classes", "by_chance", "mean_of_features", "most_apart")
        return Table("distances", [self.say(key) for key in keys], rows, frozenset({1, 2, 3}))
