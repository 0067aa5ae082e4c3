"""Hospitals that measure differently: noise that grows from the first hospital to the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from shared.contract import Contract
from shared.features import NumericFeature
from shared.records import Records, with_derived


def measured_differently(
    hospitals: Mapping[str, Records], contract: Contract, noise: float, seed: int
) -> dict[str, Records]:
    """Add normal noise to every number: noise-based feature shift of Li et al. 2022.

    Hospital i of n gets a standard deviation of ``noise * i / n`` times that of the feature over
    all hospitals (arXiv:2102.02079, there of variance). Numbers stay within the contract's range.

    Parameters
    ----------
    noise : float
        0 leaves everything as it is.
    """
    if not noise:
        return dict(hospitals)
    numeric = {
        name: feature
        for name, feature in contract.recorded.items()
        if isinstance(feature, NumericFeature)
    }
    spreads = _spreads(hospitals, list(numeric))
    generator = np.random.default_rng([seed, 1])
    found = {}
    for place, (hospital, records) in enumerate(hospitals.items(), start=1):
        table = records.table[list(contract.recorded)].copy()
        for name, feature in numeric.items():
            width = noise * place / len(hospitals) * spreads[name]
            moved = table[name] + generator.normal(0.0, width, len(table))
            table[name] = moved.clip(feature.minimum, feature.maximum)
        found[hospital] = replace(records, table=with_derived(contract, table))
    return found


def _spreads(hospitals: Mapping[str, Records], names: list[str]) -> dict[str, float]:
    whole = pd.concat([records.table[names] for records in hospitals.values()])
    return {name: float(np.nan_to_num(whole[name].std(ddof=0))) for name in names}
