"""The same patient twice, word for word."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.finding import Finding, row_numbers
from client.data_quality.hospital_rows import HospitalRows, Numbers
from shared.contract import NumericFeature

# Rows that agree by chance in so many pairs of the whole hospital are no duplicates.
CHANCE = 0.05


def compared_values(rows: HospitalRows) -> npt.NDArray[np.int64]:
    """Return each feature's value as a number of its own, -1 where missing.

    Returns
    -------
    int64 array of shape (rows, mapped features)
        Equal numbers mean equal values: numbers to nine digits, terms as sets, texts as they are.
    """
    found = []
    for feature, _ in rows.mapped():
        values: pd.Series = rows.table[feature.name]
        if isinstance(feature, NumericFeature):
            values = pd.Series([f"{each:.9g}" if each == each else None for each in values])
        elif values.dtype == object:
            values = values.map(_one_spelling)
        found.append(pd.factorize(values)[0])
    return np.stack(found, axis=1).astype(np.int64) if found else np.empty((len(rows), 0), np.int64)


def _one_spelling(value: object) -> object:
    if isinstance(value, tuple):
        return ";".join(sorted(value)) or None
    return value


def agreement_chances(values: npt.NDArray[np.int64]) -> Numbers:
    """Return the logarithm of how often two rows agree by chance, shape (features,).

    Features count as independent, which makes chance agreement look rarer than it is: the more so,
    the fewer features two rows share.
    """
    chances = []
    for column in values.T:
        counts = np.bincount(column[column >= 0])
        total = counts.sum()
        chances.append((counts**2).sum() / total**2 if total else 1.0)
    return np.log(np.maximum(np.array(chances, dtype=np.float64), 1e-12))


def log_pairs(count: int) -> float:
    """Return the logarithm of the number of pairs of rows."""
    return float(np.log(max(1.0, count * (count - 1) / 2)))


def exact_duplicates(rows: HospitalRows) -> Iterable[Finding]:
    """Find rows that repeat an earlier one, or an earlier patient."""
    yield from _repeated_patients(rows)
    values = compared_values(rows)
    if not values.shape[1]:
        return
    labels = pd.factorize(rows.labels)[0]
    keyed = pd.DataFrame(np.column_stack([values, labels]))
    chances = agreement_chances(values)
    expected = log_pairs(len(rows)) + ((values >= 0) * chances).sum(axis=1)
    first = keyed.groupby(list(keyed.columns), sort=False).ngroup().to_numpy()
    repeated = pd.Series(first).duplicated().to_numpy() & (expected < np.log(CHANCE))
    if repeated.any():
        firsts = pd.Series(rows.rows).groupby(first).transform("min").to_numpy()
        yield Finding(
            "exact_duplicate",
            "act_now",
            row_numbers(rows.rows[repeated]),
            len(rows),
            others=row_numbers(firsts[repeated]),
        )


def _repeated_patients(rows: HospitalRows) -> Iterable[Finding]:
    """Find rows of a patient who has one already, where the mapping says that each has one."""
    if rows.persons is None or rows.mapping.rows.patient_rows == "several":
        return
    persons = pd.Series(rows.persons)
    repeated = (persons.duplicated() & persons.notna()).to_numpy(dtype=np.bool_)
    if repeated.any():
        firsts = pd.Series(rows.rows).groupby(pd.factorize(persons)[0]).transform("min").to_numpy()
        yield Finding(
            "exact_duplicate",
            "act_now",
            row_numbers(rows.rows[repeated]),
            len(rows),
            column=rows.mapping.rows.patient or "",
            others=row_numbers(firsts[repeated]),
        )
