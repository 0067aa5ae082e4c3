"""What hospitals' live answers say of a model that is in use, without a look at anything else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.promotion.decision import Reason
from server.promotion.policy import RollbackPolicy
from shared.metrics import Evaluation, merge_evaluations
from shared.metrics.wilson import wilson
from shared.watch.answer import Service
from shared.watch.watch import Watch

_NORMAL_QUANTILE = 1.959963984540054


@dataclass(frozen=True)
class ServiceSince:
    """What an API did since a model came.

    Attributes
    ----------
    requests, errors : int
    slowest_milliseconds : float or None
        99 in 100 of its requests took less.
    """

    requests: int = 0
    errors: int = 0
    slowest_milliseconds: float | None = None


@dataclass(frozen=True)
class LiveEvidence:
    """All that is known of a model since it came.

    Attributes
    ----------
    services : dict of str to ServiceSince
        By hospital.
    confirmed : Evaluation or None
        Over confirmed diagnoses of all hospitals.
    before : Evaluation or None
        The same of the model before, from the time when it was in use.
    """

    services: dict[str, ServiceSince] = field(default_factory=dict)
    confirmed: Evaluation | None = None
    before: Evaluation | None = None

    @property
    def answers(self) -> int:
        """Requests that were answered."""
        return sum(each.requests - each.errors for each in self.services.values())


def live_evidence(
    watches: Sequence[Watch], digest: str, former: str, since: str, shadow_at: Sequence[str] = ()
) -> LiveEvidence:
    """Put watches together.

    Parameters
    ----------
    watches : sequence of Watch
        The oldest first, those from before the model came too.
    digest, former : str
        Of the model, and of the one before; the latter may be empty.
    since : str
        When hospitals took it; ISO 8601, UTC.
    shadow_at : sequence of str
        Hospitals where it answers unseen: their requests count, whichever model they name.
    """
    services = {}
    for name in dict.fromkeys(name for watch in watches for name in watch.answers):
        then = [watch.answers[name].service for watch in watches if name in watch.answers]
        made = [watch.made for watch in watches if name in watch.answers]
        if made[-1] >= since and (then[-1].digest == digest or name in shadow_at):
            services[name] = _since(then, made, since)
    return LiveEvidence(
        services=services,
        confirmed=_confirmed(watches, digest, since),
        before=_confirmed(watches, former, "", until=since) if former else None,
    )


def _since(services: Sequence[Service], made: Sequence[str], since: str) -> ServiceSince:
    """Return what counters rose by since a time; an API that was started anew began from 0."""
    last = services[-1]
    earlier = [each for each, at in zip(services, made, strict=True) if at < since]
    first = earlier[-1] if earlier else services[0]
    requests, errors = last.requests or 0, last.errors or 0
    if (first.requests or 0) <= requests:
        requests, errors = requests - (first.requests or 0), errors - (first.errors or 0)
    return ServiceSince(requests, max(errors, 0), last.slowest_milliseconds)


def _confirmed(
    watches: Sequence[Watch], digest: str, since: str, until: str = ""
) -> Evaluation | None:
    """Merge confirmed answers that a model gave; each watch tells those since the last one."""
    found = [
        each.confirmed.evaluation
        for watch in watches
        if watch.made >= since and (not until or watch.made < until)
        for each in watch.answers.values()
        if each.confirmed is not None and each.service.digest == digest
    ]
    return merge_evaluations(found) if found else None


def crossed_lines(live: LiveEvidence, policy: RollbackPolicy) -> list[Reason]:
    """Return every line that a model crosses; none where too little is known."""
    return [
        *_service(live, policy),
        *_recall(live, policy),
        *_calibration(live, policy),
        *_fall(live, policy),
    ]


def _service(live: LiveEvidence, policy: RollbackPolicy) -> Iterator[Reason]:
    for name, each in sorted(live.services.items()):
        if each.requests < policy.least_requests:
            continue
        share = each.errors / each.requests
        low = wilson(each.errors, each.requests)[0]
        values: dict[str, str | int | float] = {"hospital": name, "requests": each.requests}
        if low > policy.largest_error_share:
            yield Reason(
                key="live.errors",
                speaks="against",
                about=name,
                values=values | {"share": share, "limit": policy.largest_error_share},
            )
        slowest = each.slowest_milliseconds
        if slowest is not None and slowest > policy.largest_milliseconds:
            limits = {"slowest": round(slowest), "limit": round(policy.largest_milliseconds)}
            yield Reason(key="live.slow", speaks="against", about=name, values=values | limits)


def _recall(live: LiveEvidence, policy: RollbackPolicy) -> Iterator[Reason]:
    if live.confirmed is None:
        return
    counts = live.confirmed.finest
    for code, least in sorted(policy.least_recall.items()):
        if code not in counts.classes:
            continue
        row = counts.classes.index(code)
        rows, right = sum(counts.confusion[row]), counts.confusion[row][row]
        if rows < policy.least_confirmed:
            continue
        low = wilson(right, rows)[0]
        if low < least:
            values: dict[str, str | int | float] = {
                "code": code,
                "recall": right / rows,
                "bound": low,
                "cases": rows,
                "limit": least,
            }
            yield Reason(key="live.recall", speaks="against", about=code, values=values)


def _calibration(live: LiveEvidence, policy: RollbackPolicy) -> Iterator[Reason]:
    if live.confirmed is None or live.confirmed.finest.rows < policy.least_confirmed:
        return
    error = live.confirmed.scores()["finest"].expected_calibration_error
    if error is not None and error > policy.largest_calibration_error:
        values: dict[str, str | int | float] = {
            "now": error,
            "limit": policy.largest_calibration_error,
            "cases": live.confirmed.finest.rows,
        }
        yield Reason(key="live.calibration", speaks="against", values=values)


def _fall(live: LiveEvidence, policy: RollbackPolicy) -> Iterator[Reason]:
    """Say where accuracy fell beyond what is allowed, and beyond chance (two samples)."""
    both = [_accuracy(each) for each in (live.before, live.confirmed)]
    if any(rows < policy.least_confirmed for rows, _ in both):
        return
    (rows_before, before), (rows, now) = both
    spread = math.sqrt(before * (1 - before) / rows_before + now * (1 - now) / rows)
    if now - before < -policy.largest_fall and now - before + _NORMAL_QUANTILE * spread < 0:
        values: dict[str, str | int | float] = {
            "now": now,
            "before": before,
            "limit": policy.largest_fall,
            "cases": rows,
        }
        yield Reason(key="live.fall", speaks="against", values=values)


def _accuracy(evaluation: Evaluation | None) -> tuple[int, float]:
    if evaluation is None or not evaluation.finest.rows:
        return 0, 0.0
    counts = evaluation.finest
    right = sum(row[place] for place, row in enumerate(counts.confusion))
    return counts.rows, right / counts.rows
