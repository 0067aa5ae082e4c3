"""What hospitals say of their cases, checked and added up."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from scipy import sparse

from shared.errors import JuntosError, PartialRunError
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums, merged
from shared.ranking_learning.messages import folds_of

# Without cases of at least two diseases outside each fold there is nothing to compare.
FEWEST_DISEASES = 2


def checked_sums(arrays: Arrays, folds: int, shape: tuple[int, int]) -> list[DiseaseSums]:
    """Return a hospital's sums of each fold.

    Raises
    ------
    JuntosError
        When they are none, or of other diseases.
    """
    try:
        found = folds_of(arrays)
    except (KeyError, ValueError, IndexError, TypeError):
        raise JuntosError("sums of cases that cannot be read") from None
    if len(found) != folds or any(each.above.shape != shape for each in found):
        raise JuntosError("sums of other diseases than those asked about")
    for sums in found:
        for each in fields(sums):
            value = getattr(sums, each.name)
            numbers = value.data if isinstance(value, sparse.csr_matrix) else np.asarray(value)
            rows = value.shape[0]
            if rows != shape[0] or not np.isfinite(numbers).all() or (numbers < 0).any():
                raise JuntosError("sums that no cases can have")
    return found


def merged_folds(hospitals: list[list[DiseaseSums]], fewest: int) -> list[DiseaseSums]:
    """Add up each fold over hospitals, without diseases that have fewer cases in all.

    Raises
    ------
    PartialRunError
        When too little is left to learn from.
    """
    sums = [merged(each) for each in zip(*hospitals, strict=True)]
    whole = merged(sums)
    sums = [only(each, whole.cases >= fewest) for each in sums]
    whole = merged(sums)
    outside = [whole.cases - each.cases for each in sums]
    if min(int((each > 0).sum()) for each in outside) < FEWEST_DISEASES:
        raise PartialRunError(
            "The hospitals told of too few cases to learn from.",
            "Diseases with fewer patients than a hospital's smallest cell are not told; lower "
            "ranking.folds or ranking.fewest_cases, or have hospitals lower smallest_cell.",
        )
    return sums


def only(sums: DiseaseSums, chosen: np.ndarray) -> DiseaseSums:
    """Return the sums of some diseases, and nothing of the others."""
    keep = chosen.astype(np.float32)
    rows = sparse.diags(keep)

    def kept(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
        found = sparse.csr_matrix(rows @ matrix, dtype=np.float32)
        found.eliminate_zeros()
        return found

    return replace(
        sums,
        cases=sums.cases * keep,
        sources=sums.sources * keep,
        above=kept(sums.above),
        observed=kept(sums.observed),
        even=kept(sums.even),
        background=(sums.background * keep[:, None]).astype(np.float32),
    )
