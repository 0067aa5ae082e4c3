"""Diagnoses that are missing, and diagnoses that models trained on other patients doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from client.data_quality.finding import Finding, row_numbers
from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.suspicion import likely_wrong, suspicion
from client.sources.codes import codes_of


def missing_diagnoses(rows: HospitalRows) -> Iterable[Finding]:
    """Find records without a diagnosis."""
    column = rows.mapping.label.column
    found = pd.isna(codes_of(rows.cells[column], frozenset(rows.mapping.rows.missing)))
    if found.any():
        yield replace(rows.finding("missing_diagnosis", "attention", found), column=column)


def suspicious_diagnoses(rows: HospitalRows) -> Iterable[Finding]:
    """Find diagnoses that are probably wrong, the most suspicious first.

    Only where `HospitalRows.probabilities` are known: those of models that never saw the row.
    """
    if rows.probabilities is None:
        return
    judged = np.flatnonzero(np.isfinite(rows.probabilities).all(axis=1) & ~pd.isna(rows.labels))
    if not len(judged):
        return
    labels, found = rows.labels[judged], rows.probabilities[judged]
    wrong = likely_wrong(rows.contract, labels, found)
    if not wrong.any():
        return
    scores = suspicion(rows.contract, labels, found)[wrong]
    order = np.argsort(-scores, kind="stable")
    yield Finding(
        "suspicious_diagnosis",
        "attention",
        row_numbers(rows.rows[judged[wrong][order]]),
        len(judged),
        column=rows.mapping.label.column,
        scores=tuple(scores[order].tolist()),
    )
