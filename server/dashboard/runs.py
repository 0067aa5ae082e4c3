"""Runs as pages show them: what each was for, who was in it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.run_store import ENDED, RunStore, StoredRun
from server.scheduling.preparing import kind_of
from server.scheduling.queue import RunQueue
from server.scheduling.request import RunRequest
from shared.run_settings import MODEL_NAMES

# Runs on one page of the list.
PAGE = 25


@dataclass(frozen=True)
class RunLine:
    """One line of the list of runs.

    Attributes
    ----------
    kind : str
        ``learn``, ``watch``, ``deploy``, ``explore`` or ``evaluate``.
    asked : RunRequest or None
        Who wanted it and why; None where it was started before there was a queue.
    took_part, left_out : int
        Hospitals.
    figures : Figures or None
        Of the model that came of it.
    """

    run: StoredRun
    kind: str
    asked: RunRequest | None
    took_part: int
    left_out: int
    figures: Figures | None

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended yet."""
        return self.run.status not in ENDED


@dataclass(frozen=True)
class Figures:
    """What the federated evaluation of one kind of model said.

    Attributes
    ----------
    model : str
        Kind of model.
    overall, by_hospital, alone, alone_by_hospital : mapping
        As `server.results.comparison` writes them; those of each hospital's model alone may be
        empty.
    """

    model: str
    overall: Mapping[str, Any]
    by_hospital: Mapping[str, Mapping[str, Any]]
    alone: Mapping[str, Any]
    alone_by_hospital: Mapping[str, Mapping[str, Any]]

    @property
    def accuracy(self) -> float | None:
        """Share of right answers on all held-out rows."""
        value: float | None = self.overall["accuracy"]
        return value

    @property
    def rows(self) -> int:
        """Held-out rows."""
        return int(self.overall["rows"])


def figures_of(run: StoredRun) -> list[Figures]:
    """Return the figures of each kind of model that a run evaluated, the best first."""
    models = (run.result or {}).get("models") or {}
    found = []
    for name in MODEL_NAMES:
        together = (models.get(name) or {}).get("federated") or {}
        if not together:
            continue
        alone = models[name].get("local") or {}
        found.append(
            Figures(
                name,
                together["overall"],
                together["by_hospital"],
                alone.get("overall") or {},
                alone.get("by_hospital") or {},
            )
        )
    return sorted(found, key=lambda each: -(each.accuracy or 0.0))


def lines_of(store: RunStore, queue: RunQueue) -> list[RunLine]:
    """Return all runs, the newest first."""
    asked = {each.run_id: each for each in queue.all() if each.run_id}
    return [line_of(run, asked.get(run.id)) for run in reversed(store.all())]


def read_line(store: RunStore, queue: RunQueue, run: str) -> RunLine:
    """Return one run.

    Raises
    ------
    SettingsError
        When there is none of this name.
    """
    found = store.read(run)
    return line_of(found, queue.of_run(run))


def line_of(run: StoredRun, asked: RunRequest | None) -> RunLine:
    """Return one run as a line."""
    result = run.result or {}
    figures: Sequence[Figures] = figures_of(run)
    return RunLine(
        run=run,
        kind=kind_of(run.settings),
        asked=asked,
        took_part=len(result.get("hospitals") or []),
        left_out=len(result.get("left_out") or {}),
        figures=figures[0] if figures else None,
    )


def going_on(store: RunStore) -> StoredRun | None:
    """Return the run that goes on."""
    return next((each for each in reversed(store.all()) if each.status not in ENDED), None)
