"""The report of a review: one HTML file that stands by itself, on screen and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from server import attack_words
from server.card import HUMAN_NAMES
from server.review import report_words
from server.review.approval import Approval
from server.review.report_figures import (
    classes_figure,
    hospitals_figure,
    kinds_figure,
    previous_figure,
)
from server.review.report_reliability import reliability_figure
from server.review.report_rows import signatures, trial_tables
from server.review.review import Review


def write_report(review: Review, path: Path, approvals: Sequence[Approval] = ()) -> None:
    """Write a review for a clinician and a data scientist; the same review gives the same bytes.

    Parameters
    ----------
    approvals : sequence of Approval
        Given so far.
    """
    chosen = review.kinds[review.chosen]
    signed = signatures(review.acceptance, approvals)
    page = (
        environment(review.seeds)
        .get_template("review.html")
        .render(
            review=review,
            chosen=chosen,
            summary=report_words.summary(review),
            signatures=signed,
            waiting=[each.name for each in signed if each.approval is None],
            trials=trial_tables(review),
            kind_names=HUMAN_NAMES,
            figure_names=report_words.FIGURE_NAMES,
            step_names=report_words.STEP_NAMES,
            leaves_out=any(each.without_it is not None for each in chosen.hospitals.values()),
            kinds_figure=kinds_figure(review),
            reliability_figure=reliability_figure(chosen.reliability),
            hospitals_figure=hospitals_figure(chosen),
            classes_figure=classes_figure(chosen),
            previous_figure=previous_figure(chosen) if review.previous else None,
            attack_meaning=attack_words.MEANING,
            version=version("juntos"),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def environment(repetitions: int) -> Environment:
    """Return what the page is written with; all text from data is escaped."""
    found = Environment(
        loader=PackageLoader("server", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        number=report_words.number,
        signed=report_words.signed,
        spread=partial(report_words.spread, repetitions=repetitions),
        gain=report_words.gain,
        gain_meaning=report_words.gain_meaning,
        setting=report_words.setting,
        duration=report_words.duration,
        counted=report_words.counted,
        epsilon=attack_words.epsilon_words,
        membership=attack_words.auc_words,
        membership_meaning=attack_words.membership_meaning,
        attribute=attack_words.attribute_words,
        rate=attack_words.rate_words,
    )
    return found
