"""Figures of a review: spreads, and gains with their intervals."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from server.card import HUMAN_NAMES
from server.review.report_panels import Mark, Panel, gain_panel, rows_figure
from server.review.report_words import FIGURE_NAMES, LOWER_IS_BETTER
from server.review.review import Gain, HospitalReview, KindReview, Review

ALL_HOSPITALS = "all hospitals"
# With more rows the table is easier to read.
MOST_CLASSES = 12
MOST_HOSPITALS = 30


def kinds_figure(review: Review) -> Markup | None:
    """Draw each kind's figures on the same folds."""
    names = list(review.kinds)
    panels = [
        Panel(
            title,
            "lower is better" if figure in LOWER_IS_BETTER else "higher is better",
            [Mark.of_spread(review.kinds[name].figures.get(figure)) for name in names],
        )
        for figure, title in FIGURE_NAMES.items()
    ]
    rows = [HUMAN_NAMES[name] + (" (chosen)" if name == review.chosen else "") for name in names]
    return rows_figure("kinds", "Kinds of model compared", rows, panels, has_total=False)


def hospitals_figure(kind: KindReview) -> Markup | None:
    """Draw, for each hospital, accuracy, gain against alone, and what leaving it out does."""
    each = list(kind.hospitals.values())
    if not 0 < len(each) <= MOST_HOSPITALS:
        return None
    overall = kind.figures.get("accuracy")
    alone = [hospital.against_alone for hospital in each]
    panels = [
        Panel(
            "Accuracy",
            "dot: mean, bar: lowest to highest",
            [Mark.of_spread(spread) for spread in [*(one.accuracy for one in each), overall]],
        ),
        gain_panel("Gain against alone", "alone", "shared", [*alone, kind.against_alone]),
        Panel(
            "Trained with or without it", "● with it   ○ without it", [pair(one) for one in each]
        ),
    ]
    rows = [*kind.hospitals, ALL_HOSPITALS]
    return rows_figure("hospitals", "Accuracy by hospital", rows, panels, has_total=True)


def pair(hospital: HospitalReview) -> Mark | None:
    """Mark a hospital's accuracy with and without it in training."""
    return Mark.of_pair(hospital.with_it, hospital.without_it)


def classes_figure(kind: KindReview) -> Markup | None:
    """Draw the gain in recall of each class."""
    if len(kind.classes) > MOST_CLASSES:
        return None
    gains = [each.against_alone for each in kind.classes.values()]
    rows = [f"{each.name} ({code})" for code, each in kind.classes.items()]
    panel = gain_panel("Gain in recall against alone", "alone", "shared", gains)
    return rows_figure("classes", "Gain in recall by class", rows, [panel], has_total=False)


def previous_figure(kind: KindReview) -> Markup | None:
    """Draw the gain in accuracy against the model in use."""
    gains: Mapping[str, Gain | None] = {
        **{name: hospital.against_previous for name, hospital in kind.hospitals.items()},
        ALL_HOSPITALS: kind.against_previous,
    }
    if len(gains) > MOST_HOSPITALS:
        return None
    title = "Gain in accuracy against the model in use"
    panel = gain_panel(title, "in use", "this model", list(gains.values()))
    return rows_figure("previous", title, list(gains), [panel], has_total=True)
