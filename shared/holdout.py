"""Which rows a hospital trains on and which it keeps to judge the model."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.contract import Contract
from shared.errors import DataError
from shared.records import Records
from shared.settings_file import StrictModel

Rows = npt.NDArray[np.intp]


class HoldoutSettings(StrictModel):
    """How rows are kept back; the same seed keeps the same rows of the same data.

    Attributes
    ----------
    test_share : float
        Share of the patients kept back; 0 trains on every row and judges nothing.
    by : {"share", "time"}
        Which are kept back: some at random, or the latest of those whose date is known. A hospital
        whose records have no dates keeps back some at random, and says so.
    later_than : date or None
        By time, instead of a share: all patients whose first record is later.
    seed : int
    folds, fold : int or None
        Instead of a share: keep back fold `fold` (from 0) of `folds`.
    tuning_share : float
        Judge on this share of the rows that would be trained on instead, so that settings can be
        chosen without a look at the held-out rows.
    """

    test_share: float = Field(default=0.25, ge=0, lt=1)
    by: Literal["share", "time"] = "share"
    later_than: datetime.date | None = None
    seed: int = 0
    folds: int | None = Field(default=None, ge=2)
    fold: int | None = Field(default=None, ge=0)
    tuning_share: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _fold_is_complete(self) -> HoldoutSettings:
        if (self.folds is None) != (self.fold is None):
            raise ValueError("give both folds and fold, or neither")
        if self.folds is not None and self.fold is not None and self.fold >= self.folds:
            raise ValueError("fold counts from 0 and must be below folds")
        return self


def split(
    contract: Contract, records: Records, settings: HoldoutSettings
) -> tuple[Records, Records]:
    """Return training and held-out records; all rows of one person are on one side.

    Persons are stratified by class, unless a class has fewer than three persons. One with rows of
    several classes counts to the rarest of them. A single person is trained on.

    Raises
    ------
    DataError
        When there are no rows, or too few persons for the share that is to be kept back.
    """
    if not len(records):
        raise DataError(
            "There are no rows to train on.",
            "Check that the source has records, and that their labels are mapped.",
        )
    if settings.tuning_share:
        outer = settings.model_copy(update={"tuning_share": 0.0})
        inner = HoldoutSettings(test_share=settings.tuning_share, seed=settings.seed)
        return split(contract, split(contract, records, outer)[0], inner)
    if (late := latest_persons(records, settings)) is not None:
        earlier, later = np.flatnonzero(~late), np.flatnonzero(late)
        return records.take(rows_of(records, earlier)), records.take(rows_of(records, later))
    keeps_nothing_back = settings.folds is None and settings.test_share == 0
    order = list(contract.classes)
    classes = np.array([order.index(label) for label in records.labels])
    classes = classes_of_persons(classes, records.persons())
    if keeps_nothing_back or len(classes) == 1:
        return records, records.take(np.array([], dtype=np.intp))
    try:
        train, test = (
            share_of_rows(classes, settings)
            if settings.folds is None
            else fold_of_rows(classes, settings)
        )
    except ValueError:
        raise DataError(
            f"{len(classes)} patients are too few to keep some back for judging the model.",
            "Add records, or lower the share kept back.",
        ) from None
    return records.take(rows_of(records, train)), records.take(rows_of(records, test))


def latest_persons(records: Records, settings: HoldoutSettings) -> npt.NDArray[np.bool_] | None:
    """Return which persons are held out because they came last, shape (persons,).

    A person came on the day of the first row, so that every held-out row is later than each day on
    which a person came whose rows are trained on. Those without a date are trained on.

    Returns
    -------
    bool array of shape (persons,) or None
        None where rows are not held out by time: it is not asked for, no row has a date, or the
        dates leave nobody on one side.
    """
    if settings.by != "time" or settings.folds is not None or records.dates is None:
        return None
    came = first_days(records)
    known = np.sort(came[~np.isnat(came)])
    if not len(known):
        return None
    if settings.later_than is None:
        learned = len(known) - round(len(known) * settings.test_share)
        last = known[max(learned, 1) - 1]
    else:
        last = np.datetime64(settings.later_than, "D")
    # A comparison with not-a-time is false.
    late: npt.NDArray[np.bool_] = came > last
    return late if late.any() and not late.all() else None


def first_days(records: Records) -> npt.NDArray[np.datetime64]:
    """Return the day of each person's first row, not-a-time where none is known."""
    if records.dates is None:
        return np.full(len(records), np.datetime64("NaT", "D"))
    persons, days = records.persons(), records.dates
    found = np.full(int(persons.max(initial=-1)) + 1, np.datetime64("NaT", "D"))
    # The last write stays: latest rows first, then earlier ones.
    known = np.flatnonzero(~np.isnat(days))
    order = known[np.argsort(days[known], kind="stable")[::-1]]
    found[persons[order]] = days[order]
    return found


def classes_of_persons(
    classes: npt.NDArray[np.intp], persons: npt.NDArray[np.int64]
) -> npt.NDArray[np.intp]:
    """Return the class of each person: the rarest of its rows, by rows of all persons.

    Parameters
    ----------
    classes, persons : integer arrays of shape (rows,)
        A class of each row, and the number of its person, without gaps from 0.
    """
    rows = np.bincount(classes)
    # The last write stays: common classes first, then rarer ones.
    order = np.lexsort((classes, -rows[classes]))
    found = np.empty(int(persons.max()) + 1, dtype=np.intp)
    found[persons[order]] = classes[order]
    return found


def rows_of(records: Records, persons: Rows) -> Rows:
    """Return the rows of some persons: persons as given, the rows of each as they stand."""
    if records.patients is None:
        return persons
    by_person = np.argsort(records.patients, kind="stable")
    ends = np.cumsum(np.bincount(records.patients))
    starts = np.concatenate([[0], ends[:-1]])
    parts = [by_person[starts[person] : ends[person]] for person in persons]
    return np.concatenate([np.empty(0, dtype=np.intp), *parts])


def share_of_rows(classes: npt.NDArray[np.intp], settings: HoldoutSettings) -> tuple[Rows, Rows]:
    """Keep back a share of the rows."""
    from sklearn.model_selection import train_test_split

    stratify = classes if min(Counter(classes.tolist()).values()) >= 3 else None
    train, test = train_test_split(
        np.arange(len(classes)),
        # Rounded, so that 1 - 0.34 is 0.66 and not a hair less, which could cost a row.
        train_size=round(1 - settings.test_share, 9),
        test_size=settings.test_share,
        random_state=settings.seed,
        stratify=stratify,
    )
    return train, test


def fold_of_rows(classes: npt.NDArray[np.intp], settings: HoldoutSettings) -> tuple[Rows, Rows]:
    """Keep back one fold."""
    from sklearn.model_selection import KFold, StratifiedKFold

    assert settings.folds is not None  # noqa: S101 - the caller has seen to it
    assert settings.fold is not None  # noqa: S101
    is_stratified = max(Counter(classes.tolist()).values()) >= settings.folds
    kind = StratifiedKFold if is_stratified else KFold
    # With fewer rows than folds, nothing is kept back in the last ones.
    count = settings.folds if is_stratified else min(settings.folds, len(classes))
    if settings.fold >= count:
        return np.arange(len(classes)), np.empty(0, dtype=np.intp)
    folding = kind(count, shuffle=True, random_state=settings.seed)
    train, test = list(folding.split(np.zeros(len(classes)), classes))[settings.fold]
    return train, test
