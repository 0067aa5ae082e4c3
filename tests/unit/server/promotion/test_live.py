"""What live answers say of a model, from watches that are made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.promotion.live import LiveEvidence, ServiceSince, crossed_lines, live_evidence
from server.promotion.policy import RollbackPolicy
from shared.metrics.counts import count
from shared.metrics.evaluation import Evaluation
from shared.watch.answer import Confirmed, Service, WatchAnswer
from shared.watch.watch import Watch

NEW, OLD = "a" * 64, "b" * 64
SINCE = "2026-11-20T12:00:00+00:00"


def evaluation(rows: int, right: float, stated: float = 0.8) -> Evaluation:
    """Return counts of answers of which a share is right, each with the same probability."""
    truth = np.zeros(rows, dtype=np.intp)
    probabilities = np.tile([stated, 1 - stated], (rows, 1))
    probabilities[round(rows * right) :] = [1 - stated, stated]
    counts = count(["rare", "common"], truth, probabilities)
    return Evaluation(finest=counts, group=counts)


def answer(digest: str, requests: int, errors: int = 0, **more: Any) -> WatchAnswer:  # noqa: ANN401
    confirmed = more.pop("confirmed", None)
    return WatchAnswer(
        made=SINCE,
        service=Service(digest=digest, requests=requests, errors=errors, **more),
        confirmed=None
        if confirmed is None
        else Confirmed(evaluation=confirmed, until=SINCE, delays=[0] * 6),
    )


def watch(day: int, **answers: WatchAnswer) -> Watch:
    return Watch(run=f"run-{day:04}", made=f"2026-11-{day}T00:00:00+00:00", answers=answers)


def test_requests_are_counted_from_when_the_model_came() -> None:
    watches = [
        watch(19, north=answer(OLD, 900, 5), south=answer(OLD, 100)),
        watch(21, north=answer(NEW, 950, 6), south=answer(OLD, 130)),
        # The API of the north was started anew.
        watch(22, north=answer(NEW, 40, 1), south=answer(NEW, 150)),
    ]
    live = live_evidence(watches[:2], NEW, OLD, SINCE)
    assert live.services == {"north": ServiceSince(50, 1, None)}
    assert live.answers == 49
    live = live_evidence(watches, NEW, OLD, SINCE)
    assert live.services["north"] == ServiceSince(40, 1, None)
    assert live.services["south"].requests == 50


def test_confirmed_diagnoses_are_of_the_model_that_answered() -> None:
    watches = [
        watch(19, north=answer(OLD, 0, confirmed=evaluation(100, 0.9))),
        watch(21, north=answer(NEW, 0, confirmed=evaluation(60, 0.5))),
        watch(22, north=answer(NEW, 0, confirmed=evaluation(40, 0.5))),
    ]
    live = live_evidence(watches, NEW, OLD, SINCE)
    assert live.confirmed is not None
    assert live.before is not None
    assert (live.confirmed.finest.rows, live.before.finest.rows) == (100, 100)


@pytest.mark.parametrize(
    ("live", "policy", "key"),
    [
        (LiveEvidence({"north": ServiceSince(500, 40)}), {}, "live.errors"),
        (LiveEvidence({"north": ServiceSince(500, 12)}), {}, ""),
        (LiveEvidence({"north": ServiceSince(20, 20)}), {}, ""),
        (LiveEvidence({"north": ServiceSince(500, 0, 1500.0)}), {}, "live.slow"),
        (
            LiveEvidence(confirmed=evaluation(100, 0.6)),
            {"least_recall": {"rare": 0.6}, "largest_calibration_error": 0.5},
            "live.recall",
        ),
        (
            LiveEvidence(confirmed=evaluation(100, 0.8)),
            {"least_recall": {"rare": 0.6, "unknown": 0.9}},
            "",
        ),
        (LiveEvidence(confirmed=evaluation(30, 0.1)), {"least_recall": {"rare": 0.6}}, ""),
        (LiveEvidence(confirmed=evaluation(100, 0.4)), {}, "live.calibration"),
        (
            LiveEvidence(confirmed=evaluation(100, 0.7), before=evaluation(100, 0.9)),
            {"largest_calibration_error": 0.5},
            "live.fall",
        ),
        (
            LiveEvidence(confirmed=evaluation(60, 0.75), before=evaluation(60, 0.82)),
            {},
            "",
        ),
    ],
)
def test_a_line_is_crossed_where_enough_is_known(
    live: LiveEvidence, policy: dict[str, Any], key: str
) -> None:
    crossed = crossed_lines(live, RollbackPolicy(**policy))
    assert [each.key for each in crossed] == ([key] if key else [])
    for each in crossed:
        assert "{" not in each.words.en + each.words.es
