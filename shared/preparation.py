"""What all hospitals must do alike before training: built once from the merged summary."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from shared.class_balance import class_weights
from shared.contract import Contract
from shared.models.training_data import Matrix, TrainingData
from shared.preprocessing import Preprocessor, fit_preprocessor
from shared.records import Records
from shared.run_settings import RunSettings
from shared.settings_file import StrictModel
from shared.statistics import Summary


class Preparation(StrictModel):
    """The shared preprocessor and the classes' shared weights.

    Attributes
    ----------
    preprocessor : Preprocessor
    class_weights, class_frequencies : list of float
        Per leaf of the contract.
    class_counts : list of int
        Training rows labelled with each leaf, at all hospitals together.
    training_rows : int
        Of all hospitals together.
    """

    preprocessor: Preprocessor
    class_weights: list[float] = Field(min_length=2)
    class_frequencies: list[float] = Field(min_length=2)
    class_counts: list[int] = Field(default_factory=list)
    training_rows: int = Field(ge=0)

    @property
    def columns(self) -> int:
        """Columns of the matrix that models see."""
        return len(self.preprocessor.column_names())

    @property
    def classes(self) -> int:
        """Classes that models tell apart."""
        return len(self.class_weights)

    def training_data(
        self, contract: Contract, records: Records, *, keep_missing: bool = False
    ) -> TrainingData:
        """Preprocess one hospital's training rows."""
        return TrainingData(
            features=self._features(records, keep_missing=keep_missing),
            candidates=contract.membership(list(records.labels)),
            class_weights=np.array(self.class_weights),
            class_frequencies=np.array(self.class_frequencies),
            class_counts=np.array(self.class_counts, dtype=np.int64),
            rare=contract.rare_leaves,
            federated_rows=self.training_rows,
        )

    def _features(self, records: Records, *, keep_missing: bool) -> Matrix:
        """Preprocess records part by part, where they come in parts, to where these are kept."""
        matrix = records.room(self.columns)
        start = 0
        for part in records.parts():
            found = self.preprocessor.transform(part.table, keep_missing=keep_missing)
            if len(found) == len(records):
                return found
            matrix[start : start + len(found)] = found
            start += len(found)
        return matrix


def prepare(contract: Contract, summary: Summary, settings: RunSettings) -> Preparation:
    """Build the preparation from a summary, merged or of one hospital alone."""
    counts = np.array(summary.leaf_counts(contract), dtype=np.float64)
    frequencies = counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))
    return Preparation(
        preprocessor=fit_preprocessor(contract, summary, settings.preprocessing),
        class_weights=class_weights(counts, settings.class_balance).tolist(),
        class_frequencies=frequencies.tolist(),
        class_counts=counts.astype(int).tolist(),
        training_rows=summary.rows,
    )
