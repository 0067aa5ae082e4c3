"""Where values are missing: by class, time, clinic and place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.checks.statistics import differs, rates
from client.data_quality.finding import Finding, Kind
from client.data_quality.hospital_rows import HospitalRows, Mask
from shared.contract import TermsFeature, TextFeature

FEWEST_ROWS = 10
# Of a test for each feature; all together they are wrong once in a hundred clean hospitals.
LEVEL = 0.01
# A difference between rates that is worth a question.
LARGE = {"missing_by_class": 0.15, "missing_by_era": 0.3, "missing_by_clinic": 0.3}
SHORTEST_BLOCK = 10


def empty_columns(rows: HospitalRows) -> Iterable[Finding]:
    """Find mapped columns that nobody ever filled in."""
    if len(rows) < FEWEST_ROWS:
        return
    for feature, _ in rows.mapped():
        absent = rows.absent(feature.name)
        if absent.all():
            yield rows.finding("empty_column", "attention", absent, feature.name)


def missing_by_class(rows: HospitalRows) -> Iterable[Finding]:
    """Find features whose absence tells the diagnosis."""
    yield from _by_group(rows, "missing_by_class", rows.groups, _named_class(rows))


def missing_by_era(rows: HospitalRows) -> Iterable[Finding]:
    """Find features that were recorded in some years and not in others."""
    if rows.dates is not None:
        yield from _by_group(rows, "missing_by_era", years_of(rows.dates), str)


def missing_by_clinic(rows: HospitalRows) -> Iterable[Finding]:
    """Find features that some clinics record and others do not."""
    if rows.clinics is not None:
        yield from _by_group(rows, "missing_by_clinic", rows.clinics, str)


def years_of(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.object_]:
    """Return the year of each date, None where there is none."""
    years = pd.Series(dates).dt.year
    found = years.astype(object).where(years.notna(), None)
    return np.asarray(found, dtype=object)


def _named_class(rows: HospitalRows) -> Callable[[object], str]:
    return lambda code: rows.contract.classes[str(code)].name


def _by_group(
    rows: HospitalRows, kind: Kind, group: npt.NDArray[np.object_], name: Callable[[object], str]
) -> Iterable[Finding]:
    """Find features whose missing rate differs between groups of rows."""
    codes, unique = pd.factorize(group, sort=False)
    sizes = np.bincount(codes[codes >= 0], minlength=len(unique))
    large = np.flatnonzero(sizes >= FEWEST_ROWS)
    inside = np.isin(codes, large)
    if len(large) < 2:
        return
    places = np.searchsorted(large, codes[inside])
    level = LEVEL / max(1, len(rows.columns))
    for feature, _ in rows.mapped():
        if kind == "missing_by_class" and isinstance(feature, TermsFeature | TextFeature):
            # Who has no disease has nothing to tell.
            continue
        absent = rows.absent(feature.name)
        share, _ = rates(absent[inside], places, len(large))
        wide = float(share.max() - share.min()) >= LARGE[kind]
        if wide and differs(absent[inside], places, len(large)) < level:
            most, least = int(share.argmax()), int(share.argmin())
            yield rows.finding(
                kind,
                "attention",
                absent & inside,
                feature.name,
                int(inside.sum()),
                most=name(unique[large[most]]),
                most_share=float(share[most]),
                least=name(unique[large[least]]),
                least_share=float(share[least]),
            )


def missing_blocks(rows: HospitalRows) -> Iterable[Finding]:
    """Find features that are missing in one long run of rows; only where no date explains it."""
    if rows.dates is not None:
        return
    for feature, _ in rows.mapped():
        absent = rows.absent(feature.name)
        start, length = longest_run(absent)
        if length < SHORTEST_BLOCK or length == len(rows):
            continue
        rate = absent.mean()
        # At most so often by chance, in any place of the file.
        if len(rows) * (1 - rate) * rate**length < LEVEL / max(1, len(rows.columns)) ** 2:
            block = np.zeros(len(rows), dtype=np.bool_)
            block[start : start + length] = True
            yield rows.finding(
                "missing_block",
                "attention",
                block,
                feature.name,
                first=int(rows.rows[start]),
                last=int(rows.rows[start + length - 1]),
            )


def longest_run(found: Mask) -> tuple[int, int]:
    """Return where the longest run of true values starts, and how long it is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], found, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest] - starts[longest])
