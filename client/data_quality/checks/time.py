"""Dates that cannot be, records that are old, and coding that changed with time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.finding import Finding, Term
from client.data_quality.hospital_rows import HospitalRows, Mask
from client.sources.codes import texts_of
from shared.contract import CategoricalFeature

EARLIEST = np.datetime64("1900-01-01")
DAYS_OF_YEAR = 365.25
FEWEST_RECORDS = 10
# A code is no longer, or newly, used where this share of all records lies beyond its own.
BEYOND = 0.1
# By chance, so often in all codes of a hospital together.
LEVEL = 0.01


def impossible_dates(rows: HospitalRows) -> Iterable[Finding]:
    """Find dates that cannot be read, lie in the future, or before 1900."""
    if rows.dates is None or rows.mapping.rows.date is None:
        return
    texts = texts_of(rows.cells[rows.mapping.rows.date], frozenset(rows.mapping.rows.missing))
    known = ~np.isnat(rows.dates)
    unreadable = texts.notna().to_numpy(dtype=np.bool_) & ~known
    if unreadable.any():
        yield rows.finding("unreadable_date", "attention", unreadable)
    masks = {"future": known & (rows.dates > np.datetime64(rows.today)), "ancient": early(rows)}
    for what, found in masks.items():
        if found.any():
            yield rows.finding("impossible_date", "act_now", found, what=Term(what))


def early(rows: HospitalRows) -> Mask:
    """Say which records are dated before anybody alive was examined."""
    assert rows.dates is not None  # noqa: S101 - the callers have seen to it
    return ~np.isnat(rows.dates) & (rows.dates < EARLIEST)


def plausible_dates(rows: HospitalRows) -> npt.NDArray[np.datetime64] | None:
    """Return the dates that can be true, not-a-time for the others; None without any."""
    if rows.dates is None:
        return None
    wrong = early(rows) | (rows.dates > np.datetime64(rows.today))
    found = rows.dates.copy()
    found[wrong] = np.datetime64("NaT")
    return None if np.isnat(found).all() else found


def stale_records(rows: HospitalRows) -> Iterable[Finding]:
    """Find records so old that practice has changed, and data that nobody keeps up."""
    dates = plausible_dates(rows)
    if dates is None:
        return
    known = ~np.isnat(dates)
    years = rows.settings.stale_record_years
    oldest = np.datetime64(rows.today - timedelta(days=round(years * DAYS_OF_YEAR)))
    old = known & (dates < oldest)
    if old.any():
        yield rows.finding("stale_record", "note", old, "", int(known.sum()), years=years)
    newest = dates[known].max()
    if newest < np.datetime64(rows.today - timedelta(days=rows.settings.stale_source_days)):
        last = known & (dates == newest)
        yield rows.finding("stale_source", "attention", last, "", int(known.sum()))


def changed_coding(rows: HospitalRows) -> Iterable[Finding]:
    """Find codes that went out of use, or came into it, while records went on."""
    dates = plausible_dates(rows)
    if dates is None:
        return
    known = ~np.isnat(dates)
    columns: dict[str, npt.NDArray[np.object_]] = {"": rows.labels}
    for feature, _ in rows.mapped():
        if isinstance(feature, CategoricalFeature):
            columns[feature.name] = rows.table[feature.name].to_numpy(dtype=object)
    for feature_name, codes in columns.items():
        given = known & ~pd.isna(codes)
        for code in sorted(set(codes[given])):
            yield from _changed(rows, feature_name, str(code), codes == code, given, dates)


def _changed(
    rows: HospitalRows,
    feature: str,
    code: str,
    here: Mask,
    given: Mask,
    dates: npt.NDArray[np.datetime64],
) -> Iterable[Finding]:
    """Find whether a code stops before the others do, or starts after them."""
    own, all_dates = dates[given & here], dates[given]
    if len(own) < FEWEST_RECORDS or len(own) == len(all_dates):
        return
    names = {each.code: each.name for each in rows.contract.target}
    shown = f"{names[code]}" if not feature else code
    for what, edge, beyond in (
        ("ended", own.max(), float((all_dates > own.max()).mean())),
        ("began", own.min(), float((all_dates < own.min()).mean())),
    ):
        # If the code were as likely at any time, none of its records would lie beyond so seldom.
        if beyond >= BEYOND and (1 - beyond) ** len(own) < LEVEL / max(1, len(rows.columns)) ** 2:
            yield rows.finding(
                "coding_changed",
                "attention",
                given & here,
                feature,
                int(given.sum()),
                code=shown,
                what=Term(what),
                year=int(pd.Timestamp(edge).year),
            )
