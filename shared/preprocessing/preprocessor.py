"""Records in, a matrix out; the same at every hospital and when the model is served."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shared.column_blocks import BlockKind, ColumnBlock
from shared.derived.kinds import Column
from shared.models.training_data import Matrix
from shared.preprocessing.numbers_together import NumbersTogether
from shared.preprocessing.steps import FlagStep, NumericStep, Step
from shared.settings_file import StrictModel

if TYPE_CHECKING:
    import pandas as pd

FEW_ROWS = 256
KINDS: dict[str, BlockKind] = {
    "numeric": "numbers",
    "flag": "numbers",
    "categorical": "category",
    "terms": "terms",
    "text": "text",
    "sentence": "text",
}


class Preprocessor(StrictModel):
    """Fitted steps in the contract's order.

    Attributes
    ----------
    contract_hash : str
        The contract (as the run sees it) whose features the steps read.
    steps : list of Step
    """

    contract_hash: str
    steps: list[Step]

    def column_names(self) -> list[str]:
        """Return the name of every column of the matrix."""
        return [name for step in self.steps for name in step.names()]

    def blocks(self) -> list[ColumnBlock]:
        """Return which columns are whose."""
        blocks, start = [], 0
        for step in self.steps:
            stop = start + len(step.names())
            blocks.append(ColumnBlock(step.feature, KINDS[step.kind], start, stop))
            start = stop
        return blocks

    def transform(self, table: pd.DataFrame, *, keep_missing: bool = False) -> Matrix:
        """Turn records into numbers.

        Parameters
        ----------
        table : DataFrame
            With a column for each feature, typed as in `shared.records.Records`.
        keep_missing : bool
            Leave missing numbers as NaN, for models that know what to do with them.

        Returns
        -------
        float32 array of shape (rows, len(column_names()))
        """
        columns = {step.feature: table[step.feature].to_numpy() for step in self.steps}
        return self.matrix(columns, keep_missing=keep_missing)

    def matrix(self, columns: Mapping[str, Column], *, keep_missing: bool = False) -> Matrix:
        """Turn columns of records into numbers; where models answer, there are no tables.

        Parameters
        ----------
        columns : mapping of str to array of shape (rows,)
            By feature, typed as in `shared.records.Records`.
        keep_missing : bool
            As of `transform`.

        Returns
        -------
        float32 array of shape (rows, len(column_names()))
        """
        rows = len(columns[self.steps[0].feature])
        matrix = np.zeros((rows, self._placed[-1][1]), dtype=np.float32)
        steps = self._placed
        # Of many rows, all numbers at once would take much more memory than one after the other.
        if rows <= FEW_ROWS:
            self._numbers.write(matrix, columns, keep_missing=keep_missing)
            steps = self._not_numbers
        for start, stop, step in steps:
            column = columns[step.feature]
            matrix[:, start:stop] = step.transform(column, keep_missing=keep_missing)
        return matrix

    @cached_property
    def _placed(self) -> list[tuple[int, int, Step]]:
        """Each step with its first column and the one after its last."""
        return [
            (block.start, block.stop, step)
            for block, step in zip(self.blocks(), self.steps, strict=True)
        ]

    @cached_property
    def _numbers(self) -> NumbersTogether:
        return NumbersTogether.of(
            [
                (start, step)
                for start, _, step in self._placed
                if isinstance(step, NumericStep | FlagStep)
            ]
        )

    @cached_property
    def _not_numbers(self) -> list[tuple[int, int, Step]]:
        return [each for each in self._placed if not isinstance(each[2], NumericStep | FlagStep)]
