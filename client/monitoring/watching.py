"""Looking at the model in service: its window, its reference, and the diagnoses confirmed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from client.confirmations.confirmations import Confirmations
from client.monitoring.findings import Findings
from client.monitoring.noise import NOISED_BINS, reference_noise
from client.monitoring.performance import confirmed_figures, estimate
from client.monitoring.settings import MonitoringSettings, read_settings
from client.monitoring.window import Window, first_window, last_window, summary_of
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices
from shared.drift import Compared, compare_classes, compare_summaries, find_drift

SCORE_CELLS = 10


def watch(
    services: NodeServices,
    settings: MonitoringSettings | None = None,
    now: datetime | None = None,
) -> Findings:
    """Return what the last answers of the model in service show.

    Raises
    ------
    NoModelError
        When no model is in service.
    SettingsError
        When ``monitoring.toml`` cannot be used.
    AuditUnavailableError, BrokenAuditError
        When the answers cannot be read.
    """
    settings = settings or read_settings(services.home.path)
    now = now or datetime.now(UTC)
    model, audit = services.store.active, services.audit
    window = last_window(audit, model, settings, now)
    beginning = apart(first_window(audit, model, settings), window)
    probabilities = window.probabilities(model.contract)
    at_first = beginning.probabilities(model.contract)
    noise = reference_noise(model.contract, model.parts.settings, model.parts.manifest.model)
    compared = [
        *_compared(model, window, noise),
        *_scores(at_first, probabilities),
    ]
    since = (now - timedelta(days=settings.confirmed_days)).isoformat()
    performance = Confirmations(audit, services.contract).performance(
        model=model.identity.digest, since=since
    )
    first, last = window.times
    return Findings(
        made=now.isoformat(timespec="seconds"),
        model=model.identity.version,
        digest=model.identity.digest,
        rows=len(window),
        first=first,
        last=last,
        reference_rows=model.parts.summary.rows,
        reference_is_noised=model.parts.settings.privacy.is_private,
        least_rows=settings.least_rows,
        drift=find_drift(
            compared,
            rate=settings.false_discovery_rate,
            level=settings.cut_off_level,
            least_rows=settings.least_rows,
        ),
        estimate=estimate(probabilities, at_first, settings.least_rows),
        confirmed=confirmed_figures(performance, settings),
    )


def _compared(model: ServedModel, window: Window, noise: float) -> Iterator[Compared]:
    reference, contract = model.parts.summary, model.contract
    privacy = model.parts.settings.privacy
    if not (privacy.is_private and privacy.summary == "classes"):
        yield from compare_summaries(
            contract,
            reference,
            summary_of(model, window),
            deviation=noise,
            noised_bins=NOISED_BINS,
        )
    expected = window.probabilities(contract).sum(axis=0)
    yield compare_classes(contract, reference, expected, noise)


def _scores(at_first: np.ndarray, window: np.ndarray) -> Iterator[Compared]:
    """Yield how sure answers are, beside the model's first ones here.

    A bundle does not say how sure the model was of the rows that it learned from, and of those it
    is too sure anyway.
    """
    first, last = (
        np.histogram(each.max(axis=1, initial=0.0), SCORE_CELLS, (0.0, 1.0))[0].astype(np.float64)
        for each in (at_first, window)
    )
    cells = tuple(f"{cell / SCORE_CELLS:g}..{(cell + 1) / SCORE_CELLS:g}" for cell in range(10))
    yield Compared("", "scores", "", cells, first, last, np.zeros(SCORE_CELLS))


def apart(beginning: Window, window: Window) -> Window:
    """Return the first answers that are not among the last ones too."""
    last = {each.id for each in window.answers}
    return Window(tuple(each for each in beginning.answers if each.id not in last))
