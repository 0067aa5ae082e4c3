"""Records of one person that cannot all be true."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from client.data_quality.checks.sex import sex_of
from client.data_quality.finding import Finding, Kind, Term
from client.data_quality.hospital_rows import HospitalRows, Mask
from client.sources.codes import normalise_name
from shared.contract import NumericFeature

AGES = frozenset(
    normalise_name(name) for name in ("age", "age_at_visit", "edad", "age at examination")
)
# Ages are written in whole years, and rounded in one record and cut in the other.
YEARS_OF_ROUNDING = 2.0
DAYS_OF_YEAR = 365.25


def contradicting_persons(rows: HospitalRows) -> Iterable[Finding]:
    """Find persons of two sexes, and ages that do not go with the dates."""
    if rows.persons is None:
        return
    persons, _ = pd.factorize(rows.persons)
    sexes = sex_of(rows)
    if sexes is not None:
        codes = pd.Series(pd.factorize(sexes)[0], dtype="float64").where(lambda each: each >= 0)
        yield from _differing(rows, persons, codes, 0.0, "two_sexes")
    ages = age_of(rows)
    if ages is not None and rows.dates is not None:
        days = rows.dates.astype("datetime64[D]").astype(np.float64)
        days[np.isnat(rows.dates)] = np.nan
        born = pd.Series(days / DAYS_OF_YEAR - ages)
        yield from _differing(rows, persons, born, YEARS_OF_ROUNDING, "age_against_date")


def age_of(rows: HospitalRows) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Return the age in years of each row; None where the contract has none."""
    for feature, _ in rows.mapped():
        called = {normalise_name(name) for name in (feature.name, *feature.synonyms)}
        if isinstance(feature, NumericFeature) and feature.unit == "a" and called & AGES:
            return rows.table[feature.name].to_numpy(dtype=np.float64)
    return None


def _differing(
    rows: HospitalRows,
    persons: np.ndarray[tuple[int], np.dtype[np.intp]],
    values: pd.Series,
    most: float,
    what: str,
) -> Iterable[Finding]:
    """Find the rows of persons whose values differ by more than `most`."""
    grouped = values.where(persons >= 0).groupby(persons)
    spread = grouped.transform("max") - grouped.transform("min")
    found: Mask = ((spread > most) & (persons >= 0) & values.notna()).to_numpy(dtype=np.bool_)
    if found.any():
        several = int((grouped.transform("count") > 1).sum())
        kind: Kind = "time_order" if what == "age_against_date" else "person_contradiction"
        yield rows.finding(kind, "act_now", found, "", several, what=Term(what))
