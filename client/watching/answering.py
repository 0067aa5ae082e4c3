"""How a hospital answers a run that watches."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from flwr.app import Message, RecordDict

from client.hospital import Hospital
from client.monitoring.settings import MonitoringSettings
from client.monitoring.watching import apart
from client.monitoring.window import Window, first_window, last_window, summary_of
from client.serving.model_store import NoModelError
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices
from client.watching.confirmed import confirmed_since, new_for_training
from client.watching.node_service import service_of
from client.watching.quality import problems_of
from shared.contract import Contract
from shared.errors import JuntosError, PrivacyRefusedError
from shared.privacy.contributions import one_record_each
from shared.privacy.release import Release
from shared.questions import WATCH, answer_record, read_header, read_question
from shared.run_settings import RunSettings
from shared.statistics import Summary, summarise
from shared.watch.answer import SCORE_CELLS, Answers, WatchAnswer, WatchHeader
from shared.watch.settings import WatchSettings


def watch_model(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.watch``; of patients only in a run that promises nothing else.

    Raises
    ------
    PrivacyRefusedError
        When this hospital's policy lets nothing out without a formal guarantee.
    """
    settings = read_question(hospital.contract, message).settings
    if hospital.open_services is None:
        raise JuntosError(f"{hospital.name} has no model in service")
    services = hospital.open_services()
    try:
        if settings.privacy.only_sums:
            hospital.gate.tell_nothing("watch: how the node does")
            return answer_record(WatchAnswer(made=_now().isoformat(), service=service_of(services)))
        _declare(hospital, message)
        header = read_header(WatchHeader, message)
        return answer_record(watched(hospital, services, settings, header))
    finally:
        services.close()


def _declare(hospital: Hospital, message: Message) -> None:
    hospital.gate.spend(
        Release(
            run=str(message.metadata.run_id),
            question=WATCH,
            purpose="watch",
            mechanism="none",
        )
    )


def watched(
    hospital: Hospital,
    services: NodeServices,
    settings: RunSettings,
    header: WatchHeader,
    now: datetime | None = None,
) -> WatchAnswer:
    """Return everything that a watch asks for, counts of few patients included."""
    now, contract = now or _now(), settings.task.contract(hospital.contract)
    wanted = settings.watch
    told = WatchAnswer(
        made=now.isoformat(),
        service=service_of(services),
        problems=problems_of(services.home, contract, wanted.window_days, now.date()),
    )
    model = active_model(services, contract)
    if model is None:
        return told
    window, first = windows(services, model, wanted, now)
    return told.model_copy(
        update={
            "window": answers_of(model, window),
            "first": answers_of(model, first),
            "records": own_records(hospital, settings),
            "confirmed": confirmed_since(
                services, model, header.confirmed_since, wanted.confirmed_days, now
            ),
            "new_for_training": new_for_training(services, model),
        }
    )


def active_model(services: NodeServices, contract: Contract) -> ServedModel | None:
    """Return the model in service; None without one.

    Raises
    ------
    JuntosError
        When it has another task than the run asks about: its figures would not merge.
    """
    try:
        model = services.store.active
    except NoModelError:
        return None
    if model.contract.hash != contract.hash:
        raise JuntosError(
            "the model in service has other features or classes than the run asks about",
            "Give the run the task that the model was trained for.",
        )
    return model


def windows(
    services: NodeServices, model: ServedModel, wanted: WatchSettings, now: datetime
) -> tuple[Window, Window]:
    """Return the last answers, and the first ones that are not among them."""
    chosen = MonitoringSettings(window_rows=wanted.window_rows, window_days=wanted.window_days)
    window = last_window(services.audit, model, chosen, now)
    return window, apart(first_window(services.audit, model, chosen), window)


def answers_of(model: ServedModel, window: Window) -> Answers | None:
    """Count answers; None without one."""
    if not len(window):
        return None
    surest = window.probabilities(model.contract).max(axis=1)
    scores = np.histogram(surest, SCORE_CELLS, (0.0, 1.0))[0]
    return Answers(summary=summary_of(model, window), scores=scores.tolist())


def own_records(hospital: Hospital, settings: RunSettings) -> Summary | None:
    """Summarise the hospital's own records, one of each patient; None where none can be read."""
    try:
        contract, records = hospital.view(settings)
    except PrivacyRefusedError:
        raise
    except JuntosError:
        return None
    return summarise(contract, one_record_each(records, settings.holdout.seed))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
