"""Rows that an exported model is compared on: the coordinator has no real ones."""

from __future__ import annotations

import numpy as np

from shared.models.training_data import Matrix


def sample_rows(columns: int, seed: int, *, missing: bool, rows: int = 256) -> Matrix:
    """Draw rows that look like preprocessed ones.

    Parameters
    ----------
    missing : bool
        Whether some numbers are missing (NaN).

    Returns
    -------
    float32 array of shape (rows, columns)
        Standard normal numbers in every other row, zeros and ones in the rest.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.normal(size=(rows, columns)).astype(np.float32)
    drawn[1::2] = (drawn[1::2] > 0).astype(np.float32)
    if missing:
        drawn[generator.random(drawn.shape) < 0.1] = np.nan
    return drawn
