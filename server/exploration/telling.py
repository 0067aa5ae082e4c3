"""How much each feature tells of the diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

from server.exploration.asking import FederatedExploration
from server.exploration.told import values_by_class
from shared.exploration.measures import (
    information_by_chance,
    mutual_information,
    uncertainty,
    weighted_mean,
)


@dataclass(frozen=True)
class Telling:
    """What one feature tells.

    Attributes
    ----------
    feature : str
    bits : float
        Mutual information of the values with the class within hospitals: the mean over the
        patients of the hospitals that tell it.
    chance : float
        What an unrelated feature would seem to tell.
    of_all : float
        Share of the uncertainty about the class.
    hospitals : dict of str to float
        Bits at each hospital.
    patients : int
        With a value, at these hospitals.
    """

    feature: str
    bits: float
    chance: float
    of_all: float
    hospitals: dict[str, float]
    patients: int


def telling(found: FederatedExploration) -> list[Telling]:
    """Return what each feature tells, most first; those that nobody tells by class are left out.

    Values are those of the cells in which each hospital told its patients by class, which is never
    more than what the values themselves would tell.
    """
    result = []
    for name, feature in found.contract.features.items():
        tables = {
            hospital: values_by_class(feature, told.features[name].by_class).array
            for hospital, told in found.hospitals.items()
        }
        useful = {
            hospital: table
            for hospital, table in tables.items()
            if (table.sum(axis=1) > 0).sum() > 1 and (table.sum(axis=0) > 0).sum() > 1
        }
        if not useful:
            continue
        rows = {hospital: int(table.sum()) for hospital, table in useful.items()}
        bits = {hospital: mutual_information(table) for hospital, table in useful.items()}
        mean = weighted_mean((bits[each], rows[each]) for each in useful)
        classes = ((uncertainty(table.sum(axis=0)), rows[each]) for each, table in useful.items())
        whole = weighted_mean(classes)
        chance = ((information_by_chance(table), rows[each]) for each, table in useful.items())
        result.append(
            Telling(
                feature=name,
                bits=mean,
                chance=weighted_mean(chance),
                of_all=mean / whole if whole else 0.0,
                hospitals=bits,
                patients=sum(rows.values()),
            )
        )
    return sorted(result, key=lambda each: -each.bits)
