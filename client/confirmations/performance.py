"""How good answers were, by the diagnoses that were confirmed since."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.metrics import Evaluation
from shared.settings_file import StrictModel


class Share(StrictModel):
    """A share of rows with its 95% interval (Wilson 1927).

    Attributes
    ----------
    hits, rows : int
    value, low, high : float or None
        None without a row: unknown is not zero.
    """

    hits: int
    rows: int
    value: float | None
    low: float | None
    high: float | None


class ClassPerformance(StrictModel):
    """Of one class; see `Share`."""

    code: str
    name: str
    rows: int
    precision: Share
    recall: Share
    f1: Share


class Delays(StrictModel):
    """Days from the answer to the first confirmation; None without any."""

    count: int
    median: float | None
    quarter: float | None
    three_quarters: float | None
    nine_tenths: float | None
    longest: float | None


class Performance(StrictModel):
    """How good the answers of a time were.

    Attributes
    ----------
    evaluation : Evaluation
        Counts that merge with those of other hospitals.
    answers, labelled, unlabelled, in_conflict : int
        Answers of the time; those with a confirmed diagnosis, without one, and with sources that
        do not agree.
    accuracy : Share
    top : dict of int to Share
        Right diagnosis among the k most probable.
    calibration_error : float or None
        Expected calibration error.
    coverage : Share
        Prediction sets that held the diagnosis.
    by_class : list of ClassPerformance
    delays : Delays
    note : str
        What a person must know to read the figures.
    """

    evaluation: Evaluation
    answers: int
    labelled: int
    unlabelled: int
    in_conflict: int
    accuracy: Share
    top: dict[int, Share]
    calibration_error: float | None
    coverage: Share
    by_class: list[ClassPerformance]
    delays: Delays
    note: str
    detail: dict[str, Any] = Field(default_factory=dict)
