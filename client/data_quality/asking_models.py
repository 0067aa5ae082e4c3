"""What models say of each row: a federation's where a run left it, else the hospital's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from client.data_quality.hospital_rows import HospitalRows, Numbers
from client.data_quality.kept_probabilities import read_kept
from client.data_quality.out_of_fold import Advance, local_probabilities
from client.data_quality.suspicion import at_this_hospital, together
from client.sources.loading import LoadedRecords
from shared.errors import DataError

Models = Literal["none", "local", "federated"]


@dataclass(frozen=True)
class Asked:
    """Rows with what models say of them, and whose models these are."""

    rows: HospitalRows
    models: Models


def ask_models(
    rows: HospitalRows,
    folder: Path,
    as_runs_see: Callable[[], LoadedRecords],
    advance: Advance | None = None,
) -> Asked:
    """Return rows with probabilities of models that did not learn from them.

    Parameters
    ----------
    folder : Path
        Where runs in folds leave what their models said; see `kept_probabilities`.
    as_runs_see : callable
        Returns the records that runs learn from, clinicians' decisions applied; may raise DataError
        where no run could.
    """
    federated = _federated(rows, folder, as_runs_see)
    if federated is not None:
        return Asked(replace(rows, probabilities=federated), "federated")
    if not rows.good.any():
        return Asked(rows, "none")
    try:
        found = local_probabilities(
            rows.contract,
            rows.records(),
            folds=rows.settings.folds,
            seed=rows.settings.seed,
            advance=advance,
        )
    except DataError:
        # Too few patients to hold some out: nobody can say what is usual among them.
        return Asked(rows, "none")
    return Asked(replace(rows, probabilities=_placed(rows, found, rows.rows[rows.good])), "local")


def _federated(
    rows: HospitalRows, folder: Path, as_runs_see: Callable[[], LoadedRecords]
) -> Numbers | None:
    """Return what a federation's models said; None where no run left it."""
    if not any(folder.glob("*.npz")):
        return None
    try:
        loaded = as_runs_see()
    except DataError:
        return None
    kept = read_kept(folder, loaded.records.content_hash(), rows.contract)
    if not kept:
        return None
    labels, seed = loaded.records.labels, rows.settings.seed
    found = at_this_hospital(rows.contract, labels, together(kept), seed=seed)
    return _placed(rows, found, loaded.rows)


def _placed(rows: HospitalRows, found: Numbers, numbers: npt.NDArray[np.int64]) -> Numbers:
    """Return probabilities of some row numbers as those of all rows."""
    every = np.full((len(rows), found.shape[1]), np.nan)
    place = {int(row): position for position, row in enumerate(rows.rows)}
    every[[place[int(number)] for number in numbers]] = found
    return every
