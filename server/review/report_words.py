"""Figures of a review in words."""

from __future__ import annotations

import math
from typing import TypeGuard

from server.review.review import Gain, KindReview, Review, Spread, Step

NO_DATA = "no data"

FIGURE_NAMES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "auc": "AUC",
    "log_loss": "Log loss",
    "expected_calibration_error": "Calibration error",
}
LOWER_IS_BETTER = frozenset({"log_loss", "expected_calibration_error"})

STEP_NAMES: dict[Step, str] = {
    "data": "Data",
    "features": "Features",
    "imbalance": "Class balance",
    "model": "Model",
    "tuning": "Tuning",
}


def is_known(value: float | None) -> TypeGuard[float]:
    """Whether there is a figure at all."""
    return value is not None and math.isfinite(value)


def number(value: float | None) -> str:
    """Write a figure, or that there is none."""
    return f"{value:.3f}" if is_known(value) else NO_DATA


def signed(value: float | None) -> str:
    """Write a difference with its sign."""
    if not is_known(value):
        return NO_DATA
    rounded = round(value, 3)
    return f"{rounded:+.3f}".replace("-", "−") if rounded else "0.000"  # noqa: RUF001


def spread(value: Spread | None, repetitions: int) -> str:
    """Write a mean with its standard deviation, which a single repetition does not have."""
    if value is None or not is_known(value.mean):
        return NO_DATA
    if repetitions < 2 or not is_known(value.deviation):
        return number(value.mean)
    return f"{value.mean:.3f} ± {value.deviation:.3f}"


def gain(value: Gain | None) -> str:
    """Write a gain with its interval."""
    if not is_known_gain(value):
        return NO_DATA
    return f"{signed(value.shared - value.other)} [{signed(value.low)}, {signed(value.high)}]"


def gain_meaning(value: Gain | None) -> str:
    """Say what a gain's interval tells."""
    if not is_known_gain(value):
        return ""
    if value.is_harm:
        return "▼ worse"
    return "▲ better" if value.low > 0 else "may be chance"


def is_known_gain(value: Gain | None) -> TypeGuard[Gain]:
    """Whether two models were compared on any row."""
    return value is not None and all(
        is_known(each) for each in (value.other, value.shared, value.low, value.high)
    )


def setting(value: str | float) -> str:
    """Write the value of a setting."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """Write how long something took."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def counted(items: int, singular: str, plural: str = "") -> str:
    """Write how many there are."""
    return f"{items:,} {singular if items == 1 else plural or singular + 's'}"


def summary(review: Review) -> str:
    """Say in plain words how good the chosen model is, and what follows."""
    return f"{how_often_right(review.kinds[review.chosen])} {what_follows(review)}"


def how_often_right(found: KindReview) -> str:
    """Say how many of 100 patients the model is right for."""
    alone = found.against_alone
    if is_known_gain(alone):
        # On the same rows, those of no certain leaf class among them.
        return (
            f"For {of_hundred(alone.shared)} patients that it had not seen, the model ranked a "
            "right diagnosis first; models that each hospital trained alone did for "
            f"{of_hundred(alone.other)}."
        )
    accuracy = found.figures.get("accuracy")
    if accuracy is None or not is_known(accuracy.mean):
        return "There is no data on how often this model is right."
    return (
        f"For {of_hundred(accuracy.mean)} patients that it had not seen, the model ranked the "
        "right diagnosis first."
    )


def of_hundred(share: float) -> str:
    """Write a share as a count that people can picture."""
    return f"{100 * share:.0f} of 100"


def what_follows(review: Review) -> str:
    """Say what the verdict and the findings mean for using the model."""
    blocking = sum(finding.blocks for finding in review.findings)
    if blocking:
        return f"{counted(blocking, 'finding')} must be resolved before it is used."
    if review.verdict == "iterate":
        return "It is not ready to be used."
    if review.findings:
        return f"Nothing forbids its use; {counted(len(review.findings), 'point')} to know below."
    return "No finding speaks against it."
