"""From merged counts to the figures people read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.metrics.counts import LevelCounts
from shared.settings_file import StrictModel


class ClassScores(StrictModel):
    """Of one class.

    Attributes
    ----------
    rows : int
        Held-out rows of the class.
    precision, recall, f1, auc : float or None
        None where there is no row to tell: unknown is not zero.
    """

    rows: int
    precision: float | None
    recall: float | None
    f1: float | None
    auc: float | None


class Scores(StrictModel):
    """Of one model on some rows.

    Attributes
    ----------
    rows : int
    accuracy : float or None
    macro_f1 : float or None
        Mean F1 over the classes that are true or predicted somewhere.
    auc : float or None
        Area under the ROC curve; of the second class where there are two, else the mean over the
        classes (one against the rest) that have rows on both sides.
    top_3, top_5, top_10 : float or None
        Share of rows whose true class is among the k most probable.
    expected_calibration_error : float or None
        Mean gap between stated probability and share of right answers (Naeini et al. 2015).
    log_loss, brier : float or None
        Means over rows.
    by_class : dict of str to ClassScores
    """

    rows: int
    accuracy: float | None
    macro_f1: float | None
    auc: float | None
    top_3: float | None
    top_5: float | None
    top_10: float | None
    expected_calibration_error: float | None
    log_loss: float | None
    brier: float | None
    by_class: dict[str, ClassScores]


def score(counts: LevelCounts) -> Scores:
    """Compute every figure from the counts."""
    rows = counts.rows
    by_class = {name: class_scores(counts, index) for index, name in enumerate(counts.classes)}
    f1 = [scores.f1 for scores in by_class.values() if scores.f1 is not None]

    def share(total: float) -> float | None:
        return total / rows if rows else None

    return Scores(
        rows=rows,
        accuracy=share(counts.top_hits[1]),
        macro_f1=float(np.mean(f1)) if f1 else None,
        auc=overall_auc(list(by_class.values())),
        top_3=share(counts.top_hits[3]),
        top_5=share(counts.top_hits[5]),
        top_10=share(counts.top_hits[10]),
        expected_calibration_error=share(calibration_gap(counts)),
        log_loss=share(counts.log_loss),
        brier=share(counts.squared_error),
        by_class=by_class,
    )


def class_scores(counts: LevelCounts, index: int) -> ClassScores:
    """Compute the figures of one class."""
    confusion = np.array(counts.confusion)
    hits = int(confusion[index, index])
    true_rows, predicted_rows = int(confusion[index].sum()), int(confusion[:, index].sum())
    any_rows = true_rows + predicted_rows
    return ClassScores(
        rows=true_rows,
        precision=hits / predicted_rows if predicted_rows else None,
        recall=hits / true_rows if true_rows else None,
        f1=2 * hits / any_rows if any_rows else None,
        auc=histogram_auc(
            np.array(counts.score_of_class[index]), np.array(counts.score_of_others[index])
        ),
    )


def histogram_auc(
    positives: npt.NDArray[np.int64], negatives: npt.NDArray[np.int64]
) -> float | None:
    """Area under the ROC curve from score histograms; ties within a bin count half.

    It differs from the exact area by at most half the share of pairs that fall in one bin.
    """
    pairs = int(positives.sum()) * int(negatives.sum())
    if not pairs:
        return None
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / pairs)


def overall_auc(classes: list[ClassScores]) -> float | None:
    """Return the second class's area where there are two, else the mean over classes."""
    known = [scores.auc for scores in classes if scores.auc is not None]
    if not known:
        return None
    return known[-1] if len(classes) == 2 else float(np.mean(known))


def calibration_gap(counts: LevelCounts) -> float:
    """Sum over bins of the gap between stated and reached probability, in rows."""
    gaps = np.array(counts.reliability_confidence) - np.array(counts.reliability_hits)
    return float(np.abs(gaps).sum())
