"""Which rows a run with a formal guarantee learns from and is judged by.

Whether a patient is held out depends on that patient alone: a split that looked at others would let
one patient move many rows from one side to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from client.hospital import Hospital

from shared.contract import Contract
from shared.models.additive_trees.grid import grids_of
from shared.models.additive_trees.stumps import BinnedRows
from shared.models.row_draws import draw, record_keys
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.privacy.contributions import one_record_each
from shared.records import Records
from shared.run_settings import RunSettings


class PrivateRows:
    """The training rows of the run that asks, preprocessed once."""

    def __init__(self) -> None:
        self._made_for: tuple[RunSettings, Preparation] | None = None
        self._data: TrainingData | None = None
        self._binned: BinnedRows | None = None

    def data(
        self, hospital: Hospital, settings: RunSettings, preparation: Preparation
    ) -> TrainingData:
        """Return the rows to learn from."""
        if self._data is None or self._made_for != (settings, preparation):
            contract, training = private_rows(hospital, settings)
            self._data = preparation.training_data(contract, training)
            self._made_for, self._binned = (settings, preparation), None
        return self._data

    def binned(
        self,
        hospital: Hospital,
        settings: RunSettings,
        preparation: Preparation,
        centres: npt.NDArray[np.float64],
    ) -> BinnedRows:
        """Return the same rows for boosting, whose centres stay the same for a whole run."""
        data = self.data(hospital, settings, preparation)
        if self._binned is None or not np.array_equal(self._binned.centres, centres):
            grids = grids_of(preparation.preprocessor, settings.privacy.cuts)
            self._binned = BinnedRows(grids, data, centres)
        return self._binned


def private_rows(hospital: Hospital, settings: RunSettings) -> tuple[Contract, Records]:
    """Return the contract as the run sees it, and the records to learn from."""
    if not settings.privacy.is_private:
        contract, training, _ = hospital.split(settings)
        return contract, training
    contract, records = _one_each(hospital, settings)
    return contract, records.take(np.flatnonzero(~held_out_rows(records, settings)))


def rows_to_judge(hospital: Hospital, settings: RunSettings) -> tuple[Contract, Records]:
    """Return the contract as the run sees it, and the held-out records."""
    if not settings.privacy.is_private:
        contract, _, held_out = hospital.split(settings)
        return contract, held_out
    contract, records = _one_each(hospital, settings)
    return contract, records.take(np.flatnonzero(held_out_rows(records, settings)))


def _one_each(hospital: Hospital, settings: RunSettings) -> tuple[Contract, Records]:
    contract, records = hospital.view(settings)
    return contract, one_record_each(records, settings.holdout.seed)


def held_out_rows(records: Records, settings: RunSettings) -> npt.NDArray[np.bool_]:
    """Say which rows are held out, shape (rows,)."""
    keys = record_keys(records)
    return draw(keys, settings.holdout.seed, 0) < settings.holdout.test_share
