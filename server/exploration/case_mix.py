"""How far apart hospitals' patients are: Jensen-Shannon distances of what both tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from server.exploration.asking import FederatedExploration
from shared.contract import Contract
from shared.exploration.cells import cell_count
from shared.exploration.exploration import Exploration
from shared.exploration.measures import distance, distance_by_chance
from shared.exploration.partition import Partition, canonical, join
from shared.exploration.tables import CellCounts


@dataclass(frozen=True)
class Apart:
    """How far two hospitals are apart.

    Attributes
    ----------
    first, second : str
    classes, classes_by_chance : float
    features, features_by_chance : dict of str to float
        Of each feature that both tell in two cells or more; values alone, not what is missing.
    """

    first: str
    second: str
    classes: float
    classes_by_chance: float
    features: dict[str, float]
    features_by_chance: dict[str, float]

    @property
    def mean_of_features(self) -> float | None:
        """The mean over features; None where there are none."""
        return sum(self.features.values()) / len(self.features) if self.features else None


def all_pairs(found: FederatedExploration) -> list[Apart]:
    """Compare each pair of hospitals."""
    return [
        compared(found.contract, names, found.hospitals[names[0]], found.hospitals[names[1]])
        for names in combinations(found.hospitals, 2)
    ]


def compared(
    contract: Contract, names: tuple[str, str], one: Exploration, two: Exploration
) -> Apart:
    """Compare two hospitals by what both tell."""
    coarse = comparable_classes(contract, one.classes, two.classes)
    labels = one.classes.coarsened(coarse).array, two.classes.coarsened(coarse).array
    features, chance = {}, {}
    for name, feature in contract.features.items():
        absent = cell_count(feature) - 1
        sides = both_tell(one.features[name].cells, two.features[name].cells, absent)
        if sides is not None:
            first, second = (each.array for each in sides)
            features[name] = distance(first, second)
            chance[name] = distance_by_chance(first, second)
    return Apart(
        *names,
        classes=distance(*labels),
        classes_by_chance=distance_by_chance(*labels),
        features=features,
        features_by_chance=chance,
    )


def comparable_classes(contract: Contract, *told: CellCounts) -> Partition:
    """Return the finest classes in which all label alike: a coarser label holds all below it."""
    codes = list(contract.classes)
    found = told[0].cells
    for counts in told:
        found = join(found, counts.cells)
        for group, rows in zip(counts.cells, counts.counts, strict=True):
            for place in group if rows else ():
                found = join(found, _with_descendants(contract, codes, place))
    return found


def _with_descendants(contract: Contract, codes: list[str], place: int) -> Partition:
    below = {
        each for each, code in enumerate(codes) if codes[place] in [code, *contract.ancestors(code)]
    }
    return canonical([below, *({each} for each in range(len(codes)) if each not in below)])


def both_tell(
    one: CellCounts, two: CellCounts, absent: int
) -> tuple[CellCounts, CellCounts] | None:
    """Return two counts in cells that both tell, without what is missing; None for no two cells."""
    cells = join(one.cells, two.cells)
    sides = [each.coarsened(cells) for each in (one, two)]
    kept = [place for place, group in enumerate(cells) if group != (absent,)]
    first, second = (
        CellCounts(
            cells=tuple(cells[place] for place in kept),
            counts=tuple(side.counts[place] for place in kept),
        )
        for side in sides
    )
    occupied = sum(a + b > 0 for a, b in zip(first.counts, second.counts, strict=True))
    return (first, second) if occupied > 1 and first.total and second.total else None
