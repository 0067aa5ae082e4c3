"""The last answers of a model, as a window that can be summarised like training data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from client.audit.prediction import Recorded
from client.audit.query import AuditQuery
from client.audit.store import AuditStore
from client.confirmations.performance import probabilities_of
from client.monitoring.settings import MonitoringSettings
from client.serving.served_model import ServedModel
from shared.contract import Contract
from shared.ontology import terminologies
from shared.records import records_from_columns
from shared.statistics import Summary, summarise

_PAGE = 500


@dataclass(frozen=True)
class Window:
    """Answers of one model, each patient once.

    Attributes
    ----------
    answers : tuple of Recorded
        With their contents; the newest first in the last window, the oldest first in the first.
    """

    answers: tuple[Recorded, ...]

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def times(self) -> tuple[str, str]:
        """The first and the last answer's time; empty without any."""
        found = sorted(each.time for each in self.answers)
        return (found[0], found[-1]) if found else ("", "")

    def probabilities(self, contract: Contract) -> npt.NDArray[np.float64]:
        """Return what was answered, shape (answers, leaves of the contract)."""
        rows = [probabilities_of(contract, (each.output or {})["ranked"]) for each in self.answers]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(contract.leaves))


def last_window(
    audit: AuditStore, model: ServedModel, settings: MonitoringSettings, now: datetime | None = None
) -> Window:
    """Return the last answers of a model.

    Raises
    ------
    AuditUnavailableError, BrokenAuditError
        When the store cannot be read.
    """
    since = (now or datetime.now(UTC)) - timedelta(days=settings.window_days)
    return _window(audit, model, settings.window_rows, newest_first=True, since=since.isoformat())


def first_window(audit: AuditStore, model: ServedModel, settings: MonitoringSettings) -> Window:
    """Return the first answers of a model here, to hold later ones against; errors as above."""
    return _window(audit, model, settings.window_rows, newest_first=False, since="")


def summary_of(model: ServedModel, window: Window) -> Summary:
    """Summarise what was asked, in the cells of the model's training data.

    The class of each is the answer: counts on the contract's grid, which merge with those of other
    windows and hospitals.
    """
    contract = model.contract
    inputs = [each.input or {} for each in window.answers]
    columns: dict[str, list[object]] = {
        name: [each.get(name) for each in inputs] for name in contract.recorded
    }
    labels = [str((each.output or {})["ranked"][0]["code"]) for each in window.answers]
    with terminologies(model.parts.terminologies):
        return summarise(contract, records_from_columns(contract, columns, labels))


def window_summary(audit: AuditStore, model: ServedModel, settings: MonitoringSettings) -> Summary:
    """Return the last window as a coordinator may merge it with those of other hospitals.

    It holds counts and sums only, yet counts of few patients; it must pass the hospital's gate,
    which merges small cells, as the summary before training does.
    """
    return summary_of(model, last_window(audit, model, settings))


def _window(
    audit: AuditStore, model: ServedModel, rows: int, *, newest_first: bool, since: str
) -> Window:
    query = AuditQuery(model=model.identity.digest, mode="shown", since=since)
    found = _once_each(_pages(audit, query, newest_first=newest_first), rows)
    return Window(tuple(found))


def _pages(audit: AuditStore, query: AuditQuery, *, newest_first: bool) -> Iterable[Recorded]:
    after = ""
    while page := audit.find(query, limit=_PAGE, after=after, newest_first=newest_first):
        yield from page
        after = page[-1].id


def _once_each(answers: Iterable[Recorded], rows: int) -> list[Recorded]:
    """Return so many answers whose contents are kept; of each known patient the first met."""
    found: list[Recorded] = []
    seen: set[str] = set()
    for each in answers:
        if len(found) == rows:
            break
        if each.input is None or not (each.output or {}).get("ranked") or each.patient in seen:
            continue
        if each.patient:
            seen.add(each.patient)
        found.append(each)
    return found
