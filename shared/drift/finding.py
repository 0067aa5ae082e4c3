"""The verdict on each thing that is compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from shared.drift.chance import FIRST, by_chance
from shared.drift.compared import Compared, Part
from shared.drift.discoveries import discoveries
from shared.drift.distances import chi_squared, jensen_shannon, population_stability
from shared.settings_file import StrictModel

# Below, three in four windows with real drift pass unseen: no verdict is better than a wrong one.
LEAST_ROWS = 200
# For one p-value; many tests at a strict rate need small ones.
_LEAST_WINDOWS, _MOST_WINDOWS = 20_000, 400_000

State = Literal["steady", "drifted", "insufficient"]


class PartDrift(StrictModel):
    """What came of one comparison.

    Attributes
    ----------
    feature, part, code
        As in `Compared`.
    state : {"steady", "drifted", "insufficient"}
    rows : float
        Rows of the window that were compared.
    psi, jensen_shannon, chi_squared : float or None
        Distances; None where there are too few rows.
    psi_limit, jensen_shannon_limit, chi_squared_limit : float or None
        What windows without drift exceed in one of a hundred.
    p_value : float or None
    cells, reference, window : list
        What was counted, and the shares.
    """

    feature: str
    part: Part
    code: str
    state: State
    rows: float
    psi: float | None = None
    psi_limit: float | None = None
    jensen_shannon: float | None = None
    jensen_shannon_limit: float | None = None
    chi_squared: float | None = None
    chi_squared_limit: float | None = None
    p_value: float | None = None
    cells: list[str]
    reference: list[float]
    window: list[float]


def find_drift(
    compared: Sequence[Compared],
    *,
    rate: float = 0.01,
    level: float = 0.01,
    least_rows: int = LEAST_ROWS,
    seed: int = 0,
) -> list[PartDrift]:
    """Return the verdict on each comparison.

    Parameters
    ----------
    rate : float
        False discovery rate over all comparisons.
    level : float
        Of the cut-offs that are stated beside each distance.
    least_rows : int
        With fewer, the verdict is ``insufficient``.
    seed : int
        Of the simulated windows.
    """
    judged = [each for each in compared if _is_enough(each, least_rows)]
    generator = np.random.default_rng(seed)
    wanted = math.ceil(2 * len(judged) / rate) if judged else FIRST
    most = min(max(wanted, _LEAST_WINDOWS), _MOST_WINDOWS)
    chances = [by_chance(each, level, most, generator) for each in judged]
    drifted = discoveries([each.p_value for each in chances], rate)
    verdicts = {
        id(each): PartDrift(
            feature=each.feature,
            part=each.part,
            code=each.code,
            state="drifted" if has_drifted else "steady",
            rows=each.rows,
            psi=float(population_stability(each.reference, each.window)),
            psi_limit=chance.psi,
            jensen_shannon=float(jensen_shannon(each.reference, each.window)),
            jensen_shannon_limit=chance.jensen_shannon,
            chi_squared=float(chi_squared(each.reference, each.window, each.noise)),
            chi_squared_limit=chance.chi_squared,
            p_value=chance.p_value,
            cells=list(each.cells),
            reference=_shares(each.reference),
            window=_shares(each.window),
        )
        for each, chance, has_drifted in zip(judged, chances, drifted, strict=True)
    }
    return [verdicts.get(id(each)) or _insufficient(each) for each in compared]


def _is_enough(compared: Compared, least_rows: int) -> bool:
    return min(compared.rows, float(compared.reference.sum())) >= least_rows


def _insufficient(compared: Compared) -> PartDrift:
    return PartDrift(
        feature=compared.feature,
        part=compared.part,
        code=compared.code,
        state="insufficient",
        rows=compared.rows,
        cells=list(compared.cells),
        reference=_shares(compared.reference),
        window=_shares(compared.window),
    )


def _shares(counts: np.ndarray) -> list[float]:
    total = counts.sum()
    return [float(each / total) if total else 0.0 for each in counts]
