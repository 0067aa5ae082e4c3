"""What an exploration comes to, for the terminal and for programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from server.exploration.answer import answer
from server.exploration.asking import FederatedExploration
from server.exploration.case_mix import all_pairs
from server.exploration.telling import telling
from server.exploration.told import class_count, missing
from shared.exploration.exploration import merge_explorations
from shared.exploration.products import CrossProducts
from shared.pages.words import Catalogue


def lines(found: FederatedExploration) -> list[str]:
    """Return the sentences that the report begins with."""
    say = Catalogue("server.exploration")
    said = answer(found, telling(found), all_pairs(found), say)
    return [said.lead.en, *(f"  {point.en}" for point in said.points)]


def json_summary(found: FederatedExploration) -> dict[str, Any]:
    """Return figures in JSON's types; None stands for what is not told."""
    contract = found.contract
    merged = merge_explorations(found.hospitals.values()) if found.hospitals else None
    return {
        "patients": {name: each.patients for name, each in found.hospitals.items()},
        "left_out": found.left_out,
        "classes": {
            code: {
                name: told.count
                if (told := class_count(contract, each, code)).kind == "exact"
                else None
                for name, each in found.hospitals.items()
            }
            for code in contract.classes
        },
        "missing": {
            name: {
                hospital: missing(feature, each, name).share
                for hospital, each in found.hospitals.items()
            }
            for name, feature in contract.features.items()
        },
        "information_bits": {each.feature: each.bits for each in telling(found)},
        "correlations": _correlations(merged.products if merged else None),
        "distances": {
            f"{each.first}, {each.second}": {
                "classes": each.classes,
                "features": each.features,
            }
            for each in all_pairs(found)
        },
        "studies": {
            study.name: {name: each.studies[place] for name, each in found.hospitals.items()}
            for place, study in enumerate(found.studies)
        },
    }


def _correlations(products: CrossProducts | None) -> dict[str, float | None]:
    if products is None:
        return {}
    found, names = products.correlations(), products.names
    pairs = [(row, column) for row in range(len(names)) for column in range(row)]
    return {
        f"{names[row]}, {names[column]}": (
            None if np.isnan(found[row, column]) else float(found[row, column])
        )
        for row, column in pairs
    }
