"""The same patient twice with small differences, without comparing every pair of rows.

Two rows that differ in at most `DIFFERENCES` features agree entirely in at least one of
`DIFFERENCES` + 1 groups of features, so only rows that agree in a group are compared (blocking by
the pigeonhole principle, as in Manku, Jain and Das Sarma 2007, Detecting near-duplicates for web
crawling).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.checks.duplicates import (
    CHANCE,
    agreement_chances,
    compared_values,
    log_pairs,
)
from client.data_quality.finding import Finding, row_numbers
from client.data_quality.hospital_rows import HospitalRows, Numbers

DIFFERENCES = 2
# Rows that agree in a group of features with more others than this are not told apart by it.
LARGEST_BLOCK = 50
FEWEST_FEATURES = 4

Pairs = npt.NDArray[np.int64]


def near_duplicates(rows: HospitalRows) -> Iterable[Finding]:
    """Find rows that repeat an earlier one but for one or two features."""
    values = compared_values(rows)
    if values.shape[1] < FEWEST_FEATURES:
        return
    pairs = candidate_pairs(values, agreement_chances(values))
    if not len(pairs):
        return
    pairs = pairs[_is_near(rows, values, pairs)]
    if not len(pairs):
        return
    first, second = pairs[:, 0], pairs[:, 1]
    _, kept = np.unique(second, return_index=True)
    yield Finding(
        "near_duplicate",
        "attention",
        row_numbers(rows.rows[second[kept]]),
        len(rows),
        others=row_numbers(rows.rows[first[kept]]),
    )


def candidate_pairs(values: npt.NDArray[np.int64], chances: Numbers) -> Pairs:
    """Return the pairs of rows that agree in a whole group of features, each once.

    Returns
    -------
    int64 array of shape (pairs, 2)
        Positions, the smaller first.
    """
    found = [pair for group in _groups(chances) for pair in _in_blocks(values[:, group])]
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    return np.unique(np.concatenate(found), axis=0)


def _groups(chances: Numbers) -> list[list[int]]:
    """Deal features into groups that tell rows apart about equally well."""
    groups: list[list[int]] = [[] for _ in range(DIFFERENCES + 1)]
    weights = np.zeros(len(groups))
    for feature in np.argsort(chances, kind="stable").tolist():
        lightest = min(range(len(groups)), key=lambda each: (weights[each], len(groups[each])))
        groups[lightest].append(feature)
        weights[lightest] -= chances[feature]
    return groups


def _in_blocks(values: npt.NDArray[np.int64]) -> Iterator[Pairs]:
    """Yield the pairs of rows within each block of rows that agree."""
    blocks = pd.DataFrame(values).groupby(list(range(values.shape[1])), sort=False).ngroup()
    order = np.argsort(blocks.to_numpy(), kind="stable")
    ends = np.cumsum(np.bincount(blocks.to_numpy()))
    for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        if 2 <= end - start <= LARGEST_BLOCK:
            members = np.sort(order[start:end])
            left, right = np.triu_indices(len(members), k=1)
            yield np.column_stack([members[left], members[right]]).astype(np.int64)


def _is_near(
    rows: HospitalRows, values: npt.NDArray[np.int64], pairs: Pairs
) -> npt.NDArray[np.bool_]:
    """Say which pairs differ somewhere, in few features, and agree more than by chance."""
    first, second = values[pairs[:, 0]], values[pairs[:, 1]]
    agree = (first == second) & (first >= 0)
    differ = first != second
    labels = pd.factorize(rows.labels)[0]
    same_class = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    differences = differ.sum(axis=1)
    chances = agreement_chances(values)
    expected = log_pairs(len(rows)) + (agree * chances).sum(axis=1)
    # The two may differ in any of the features.
    expected = expected + differences * np.log(values.shape[1])
    near = (differences <= DIFFERENCES) & ((differences > 0) | ~same_class)
    near &= expected < np.log(CHANCE)
    if rows.persons is not None:
        near &= ~_same_person(rows.persons, pairs)
    return np.asarray(near, dtype=np.bool_)


def _same_person(persons: npt.NDArray[np.object_], pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Say which pairs are known to be of one person, who may have several records."""
    numbers = pd.factorize(persons)[0]
    left, right = numbers[pairs[:, 0]], numbers[pairs[:, 1]]
    return np.asarray((left == right) & (left >= 0), dtype=np.bool_)
