"""How good answers are: by confirmed diagnoses, and before there are any, by what they claim."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from client.confirmations.performance import Performance
from client.monitoring.settings import MonitoringSettings
from shared.settings_file import StrictModel

# One-sided, in one of a hundred windows as good as the first.
_ONE_PERCENT = 2.3263478740408408
_NORMAL_QUANTILE = 1.959963984540054


class Recall(StrictModel):
    """Of one disease.

    Attributes
    ----------
    confirmed : int
        Answers whose confirmed diagnosis it is.
    value, low, high : float or None
        Share of them whose most probable disease it was, with its 95% interval.
    least : float
        What the lower bound is to be; 0 where nothing is asked.
    state : {"ok", "low", "insufficient"}
    """

    code: str
    name: str
    confirmed: int
    value: float | None
    low: float | None
    high: float | None
    least: float
    state: Literal["ok", "low", "insufficient"]


class Estimate(StrictModel):
    """Accuracy as calibrated probabilities claim it, without a diagnosis.

    The mean probability of the most probable disease is the accuracy, as far as probabilities are
    calibrated for these patients (confidence-based performance estimation). It sees that patients
    became harder; it cannot see that the same findings mean another disease now.

    Attributes
    ----------
    rows : int
    accuracy, low, high : float
        With a 95% interval of what the accuracy on such patients would be.
    at_first : float or None
        The same of the model's first answers here; None where there are too few.
    state : {"steady", "fallen", "insufficient"}
    """

    rows: int
    accuracy: float
    low: float
    high: float
    at_first: float | None
    state: Literal["steady", "fallen", "insufficient"]


class ConfirmedFigures(StrictModel):
    """What confirmed diagnoses say.

    Attributes
    ----------
    answers, confirmed : int
        Of the time looked at.
    accuracy, low, high : float or None
    recall : list of Recall
    note : str
        What a person must know to read the figures.
    """

    answers: int
    confirmed: int
    accuracy: float | None
    low: float | None
    high: float | None
    recall: list[Recall]
    note: str


def confirmed_figures(found: Performance, settings: MonitoringSettings) -> ConfirmedFigures:
    """Return the figures that the verdict is made of."""
    recalls = []
    for each in found.by_class:
        if not each.rows:
            continue
        least = settings.recall_of.get(each.code, settings.least_recall)
        share = each.recall
        enough = each.rows >= settings.least_confirmed and share.low is not None
        state: Literal["ok", "low", "insufficient"] = "insufficient"
        if enough:
            state = "low" if (share.low or 0.0) < least else "ok"
        recalls.append(
            Recall(
                code=each.code,
                name=each.name,
                confirmed=each.rows,
                value=share.value,
                low=share.low,
                high=share.high,
                least=least,
                state=state,
            )
        )
    return ConfirmedFigures(
        answers=found.answers,
        confirmed=found.labelled,
        accuracy=found.accuracy.value,
        low=found.accuracy.low,
        high=found.accuracy.high,
        recall=recalls,
        note=found.note,
    )


def estimate(
    window: npt.NDArray[np.float64], at_first: npt.NDArray[np.float64] | None, least_rows: int
) -> Estimate | None:
    """Return the accuracy that answers claim; None without an answer.

    Parameters
    ----------
    window, at_first : array of shape (answers, classes)
        Calibrated probabilities.
    """
    if not len(window):
        return None
    best = window.max(axis=1)
    accuracy = float(best.mean())
    half = _NORMAL_QUANTILE * math.sqrt(float((best * (1 - best)).sum())) / len(best)
    first = None if at_first is None or len(at_first) < least_rows else at_first.max(axis=1)
    state: Literal["steady", "fallen", "insufficient"] = "insufficient"
    if first is not None and len(best) >= least_rows:
        spread = math.sqrt(best.var(ddof=1) / len(best) + first.var(ddof=1) / len(first))
        fall = float(first.mean()) - accuracy
        state = "fallen" if fall > _ONE_PERCENT * spread and fall > 0 else "steady"
    return Estimate(
        rows=len(best),
        accuracy=accuracy,
        low=max(0.0, accuracy - half),
        high=min(1.0, accuracy + half),
        at_first=None if first is None else float(first.mean()),
        state=state,
    )
