"""What is measured of the coordinator when somebody asks; no ids are labels."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from sqlalchemy import func, select

from server.dashboard.standing import State, standings
from server.dashboard.watches import recent_days
from server.database import rounds, runs
from server.home import CoordinatorHome
from server.monitoring.certificate import certificate_ends
from server.monitoring.readiness import problems_of
from server.notifications.outbox import Outbox
from server.promotion.candidate_store import CandidateStore
from server.scheduling.queue import RunQueue
from server.scheduling.request import KINDS
from shared.monitoring.figures import FigureCollector, Figures, gauge
from shared.supervision.report import read_report

DRIFT_DAYS = 3
SECONDS_A_DAY = 86400.0


class CoordinatorMetrics(FigureCollector):
    """The figures of a coordinator.

    Parameters
    ----------
    home : CoordinatorHome
    """

    def __init__(self, home: CoordinatorHome) -> None:
        self._home = home
        super().__init__(lambda: not problems_of(home))
        self.parts = {
            "service": self._service,
            "hospitals": self._hospitals,
            "runs": self._runs,
            "queue": self._queue,
            "candidates": self._candidates,
            "drift": self._drift,
            "notices": self._notices,
            "certificate": self._certificate,
        }

    def _service(self) -> Figures:
        report = read_report(self._home.path)
        up = GaugeMetricFamily(
            "juntos_coordinator_part_up", "Whether a part of the service runs.", labels=["part"]
        )
        again = CounterMetricFamily(
            "juntos_coordinator_part_restarts", "Times that it was started again.", labels=["part"]
        )
        for name, part in (report.parts if report else {}).items():
            if part.state != "off":
                up.add_metric([name], float(part.state == "up"))
                again.add_metric([name], part.restarts)
        yield up
        yield again

    def _hospitals(self) -> Figures:
        found = standings(self._home, recent_days(self._home.engine(), DRIFT_DAYS))
        count = GaugeMetricFamily("juntos_coordinator_hospitals", "Hospitals.", labels=["state"])
        by_state = Counter(each.state for each in found)
        for state in get_args(State):
            count.add_metric([state], by_state[state])
        yield count
        yield gauge(
            "juntos_coordinator_hospitals_behind",
            "Hospitals that answer with another model than the one in use.",
            sum(each.in_use is False for each in found),
        )
        shares = [each.budget_share for each in found if each.budget_share is not None]
        if shares:
            yield gauge(
                "juntos_coordinator_least_budget_left_ratio",
                "Share of its privacy budget that is left to the hospital with the least.",
                min(shares),
            )
        days = [each.told.service.certificate_days for each in found if each.told]
        known = [each for each in days if each is not None]
        if known:
            yield gauge(
                "juntos_coordinator_hospital_certificate_seconds",
                "Until the first certificate of a hospital expires, as nodes told last.",
                min(known) * SECONDS_A_DAY,
            )

    def _runs(self) -> Figures:
        query = select(runs.c.status, func.count().label("number")).group_by(runs.c.status)
        took = select(func.count(), func.sum(rounds.c.seconds))
        newest = select(func.max(runs.c.ended_at)).where(runs.c.status == "completed")
        with self._home.engine().connect() as connection:
            counts = {row.status: int(row.number) for row in connection.execute(query)}
            number, seconds = connection.execute(took).one()
            ended = connection.execute(newest).scalar()
        found = CounterMetricFamily("juntos_coordinator_runs", "Runs.", labels=["status"])
        for status in ("completed", "partial", "failed", "stopped"):
            found.add_metric([status], counts.get(status, 0))
        yield found
        yield gauge(
            "juntos_coordinator_runs_going_on",
            "Runs that have not ended.",
            sum(counts.values()) - sum(counts.get(each, 0) for each in _ENDED),
        )
        yield CounterMetricFamily("juntos_coordinator_rounds", "Questions put.", value=number)
        yield CounterMetricFamily(
            "juntos_coordinator_rounds_seconds", "Time until their answers.", value=seconds or 0.0
        )
        if ended:
            yield gauge(
                "juntos_coordinator_last_completed_run_timestamp_seconds",
                "When a run last ended with every hospital.",
                _seconds(ended),
            )

    def _queue(self) -> Figures:
        waiting = RunQueue(self._home.engine()).waiting()
        found = GaugeMetricFamily("juntos_coordinator_queue", "Runs that wait.", labels=["kind"])
        by_kind = Counter(each.kind for each in waiting)
        for kind in KINDS:
            found.add_metric([kind], by_kind[kind])
        yield found
        first = min((_seconds(each.requested_at) for each in waiting), default=None)
        yield gauge(
            "juntos_coordinator_queue_oldest_seconds",
            "How long the first of them has waited.",
            0.0 if first is None else max(0.0, datetime.now(UTC).timestamp() - first),
        )

    def _candidates(self) -> Figures:
        states = Counter(each.state for each in CandidateStore(self._home.engine()).all())
        found = GaugeMetricFamily(
            "juntos_coordinator_candidates", "Models on their way, and out.", labels=["state"]
        )
        for state in _STATES:
            found.add_metric([state], states[state])  # type: ignore[index]
        yield found

    def _drift(self) -> Figures:
        days = recent_days(self._home.engine(), DRIFT_DAYS)
        if not days:
            return
        kinds = Counter(each.kind for each in days[-1].alarms())
        found = GaugeMetricFamily(
            "juntos_coordinator_alarms", "Of the last watch.", labels=["kind"]
        )
        for kind in ("feed", "data", "label", "score", "performance"):
            found.add_metric([kind], kinds[kind])
        yield found
        yield gauge(
            "juntos_coordinator_last_watch_timestamp_seconds",
            "When hospitals were last asked how the model does.",
            _seconds(days[-1].made),
        )

    def _notices(self) -> Figures:
        outbox = Outbox(self._home.engine())
        yield gauge(
            "juntos_coordinator_messages_waiting",
            "Messages to people that have not been sent yet.",
            outbox.waiting(),
        )
        yield gauge(
            "juntos_coordinator_notices_holding",
            "Things that people were told of and that still hold.",
            len(outbox.holding()),
        )

    def _certificate(self) -> Figures:
        left = certificate_ends(self._home) - datetime.now(UTC)
        yield gauge(
            "juntos_coordinator_certificate_seconds",
            "Until the coordinator's own certificate or its authority's expires.",
            left.total_seconds(),
        )


_ENDED = ("completed", "partial", "failed", "stopped")
_STATES = (
    "waits_for_approval",
    "shadow",
    "canary",
    "everywhere",
    "confirmed",
    "rejected",
    "rolled_back",
)


def _seconds(text: str) -> float:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
