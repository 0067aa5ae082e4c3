"""What is measured of the node when somebody asks: nothing of a patient, and no ids as labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from sqlalchemy import func, select

from client.api.batches.batch_store import FOLDER as BATCHES
from client.api.batches.batch_store import BatchFiles
from client.api.tables import write_backs
from client.audit.tables import entries
from client.daily.record_book import RecordBook
from client.monitoring.findings import states_of
from client.monitoring.kept_findings import kept
from client.privacy.tables import ledger
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices
from shared.errors import JuntosError
from shared.monitoring.figures import FigureCollector, Figures, gauge
from shared.settings_file import read_toml

# Of `client.privacy.policy.Policy`, whose module imports what is not wanted where models answer.
USUAL_EPSILON, USUAL_DAYS = 8.0, 365


class NodeMetrics(FigureCollector):
    """The figures of a node.

    Parameters
    ----------
    services : NodeServices
    """

    def __init__(self, services: NodeServices) -> None:
        self._services = services
        self._book = RecordBook(services.audit.engine)
        super().__init__(self._is_ready)
        self.parts = {
            "models": self._models,
            "audit": self._audit,
            "queues": self._queues,
            "daily": self._daily,
            "budget": self._budget,
            "drift": self._drift,
        }

    def _is_ready(self) -> bool:
        try:
            _ = self._services.store.active
            self._services.audit.check()
        except JuntosError:
            return False
        return True

    def _models(self) -> Figures:
        in_service = self._services.store.in_service
        found = InfoMetricFamily("juntos_model", "Models that answer.", labels=["role"])
        for role, model in (("active", in_service.active), ("shadow", in_service.shadow)):
            if model is not None:
                found.add_metric([role], _identity(model))
        yield found

    def _audit(self) -> Figures:
        audit = self._services.audit
        yield gauge("juntos_audit_waiting", "Answers that wait to be written.", audit.waiting)
        yield gauge(
            "juntos_audit_lag_seconds",
            "For how long entries have been waiting to be bound to the others.",
            self._lag(),
        )

    def _lag(self) -> float:
        wanted = select(func.min(entries.c.time), func.max(entries.c.time)).where(
            entries.c.kind == "prediction"
        )
        with self._services.audit.engine.connect() as connection:
            first, last = connection.execute(wanted).one()
        head = self._services.audit.head()
        if last is None or (head is not None and head.time >= last):
            return 0.0
        since = first if head is None else head.time
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())

    def _queues(self) -> Figures:
        services = self._services
        folder = services.home.path / BATCHES
        waiting = [bool(each.waiting()) for each in BatchFiles(folder, services.audit.vault).all()]
        found = GaugeMetricFamily("juntos_queue_length", "What waits.", labels=["queue"])
        found.add_metric(["files_of_cases"], sum(waiting))
        with services.audit.engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(write_backs)).scalar_one()
        found.add_metric(["fhir_server"], count)
        yield found

    def _daily(self) -> Figures:
        day = self._book.last_day()
        if day is None:
            return
        yield gauge(
            "juntos_daily_last_success_timestamp_seconds",
            "When the daily job last ended well.",
            datetime.fromisoformat(day.finished).timestamp(),
        )
        counts = self._book.counts(day.day)
        found = GaugeMetricFamily("juntos_daily_records", "Of its day.", labels=["state"])
        for state in ("answered", "failed", "planned"):
            found.add_metric([state], counts.get(state, 0))
        yield found
        yield gauge("juntos_daily_problems", "In rows that were left out.", day.problem_count)

    def _budget(self) -> Figures:
        path = self._services.home.policy_file
        content = read_toml(path) if path.exists() else {}
        epsilon = float(content.get("epsilon", USUAL_EPSILON))
        begins = datetime.now(UTC) - timedelta(days=int(content.get("period_days", USUAL_DAYS)))
        # Of a release, what all of its period told is written beside it.
        releases = ledger.c.state == "spent", ledger.c.time >= begins.isoformat(timespec="seconds")
        last = select(ledger.c.epsilon).where(*releases).order_by(ledger.c.number.desc()).limit(1)
        with self._services.audit.engine.connect() as connection:
            spent = float(connection.execute(last).scalar() or 0.0)
        yield gauge("juntos_privacy_budget_epsilon", "Budget of the policy.", epsilon)
        yield gauge(
            "juntos_privacy_budget_left_epsilon",
            "What was left of it after the last release; releases that ceased to count add to it.",
            max(0.0, epsilon - spent),
        )

    def _drift(self) -> Figures:
        found = kept(self._services.home.path)
        if found is None:
            return
        made = datetime.fromisoformat(found.made).timestamp()
        yield gauge("juntos_drift_last_run_timestamp_seconds", "When drift was looked for.", made)
        yield gauge("juntos_drift_window_answers", "Answers that were looked at.", found.rows)
        counts = GaugeMetricFamily("juntos_drift_features", "Features.", labels=["state"])
        for state, number in states_of(found.drift).items():
            counts.add_metric([state], number)
        yield counts
        drifted = GaugeMetricFamily(
            "juntos_drift_feature_drifted", "Whether a feature drifted.", labels=["feature"]
        )
        for name in dict.fromkeys(each.feature for each in found.drift if each.feature):
            drifted.add_metric([name], float(name in found.drifted_features))
        yield drifted
        if found.estimate is not None and found.estimate.rows >= found.least_rows:
            words = "Accuracy as probabilities claim it."
            yield gauge("juntos_accuracy_estimated_ratio", words, found.estimate.accuracy)
        recall = GaugeMetricFamily(
            "juntos_recall_lower_bound_ratio", "Of confirmed answers.", labels=["disease"]
        )
        for each in found.confirmed.recall:
            # With fewer cases, the figure would speak of single patients.
            if each.state != "insufficient" and each.low is not None:
                recall.add_metric([each.code], each.low)
        yield recall
        low = float(len(found.low_recall))
        yield gauge("juntos_recall_low_diseases", "Recall below what was asked.", low)


def _identity(model: ServedModel) -> dict[str, str]:
    identity = model.identity
    return {
        "version": identity.version,
        "digest": identity.digest,
        "contract_version": identity.contract_version,
    }
