"""A run that learns to rank, from the coordinator's settings to its engine and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flwr.serverapp import Grid

from server.background_writer import Write
from server.home import CoordinatorHome
from server.ranking.bundling import write_engine
from server.ranking.found import FoundRanking
from server.ranking.learning_run import LearningRun
from server.ranking.making import HPOA, KIND
from server.ranking.noised_run import NoisedRankingRun
from server.ranking.progress import RankingProgress
from server.run_store import RunStatus, RunStore
from server.storing_observer import StoringObserver
from server.tracking import Registered, Tracker
from shared.knowledge import Published, read_published
from shared.knowledge.installed import installed_published
from shared.run_settings import RunSettings

FIGURES_FILE = "ranking.json"


def published_here(home: CoordinatorHome) -> Published:
    """Return what the coordinator's own ontology files say, or else the installed release."""
    folder = home.ontology_file.parent
    if home.ontology_file.is_file() and (folder / HPOA).is_file():
        return read_published(folder)
    return installed_published()


def learn(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    grid: Grid,
    names: Mapping[int, str],
    settings: RunSettings,
    write: Write,
) -> FoundRanking:
    """Ask the hospitals, step by step.

    Parameters
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    write : callable
        Carries out writing of rounds and checkpoints.
    """
    observer = StoringObserver(store, run, write)
    progress = RankingProgress(home.checkpoint(run), write)
    kind = NoisedRankingRun if settings.privacy.is_private else LearningRun
    return kind(
        grid, names, home.contract(), settings, published_here(home), observer, progress
    ).run()


def publish(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    settings: RunSettings,
    found: FoundRanking,
    tracker: Tracker,
) -> dict[str, object]:
    """Write the engine, record the run in MLflow, register the engine; return all figures."""
    store.change(run, message="writing the engine and recording the run")
    folder = write_engine(home, run, settings, found)
    (home.runs / run / FIGURES_FILE).write_text(
        found.figures.model_dump_json(indent=1), encoding="utf-8"
    )
    registered = tracker.record_engine(
        f"{run} {KIND}",
        f"{home.contract().name}.{KIND}",
        tags_of(home, run, found),
        settings,
        metrics_of(found),
        found.losses,
        folder,
    )
    return {**result_figures(found), "engine": engine_figures(folder, registered)}


def engine_figures(folder: Path, registered: Registered) -> dict[str, object]:
    """Return where the engine is."""
    return {"bundle": str(folder), "registered": vars(registered)}


def tags_of(home: CoordinatorHome, run: str, found: FoundRanking) -> dict[str, str]:
    """Return what names the versions that a run saw."""
    contract = home.contract()
    return {
        "run": run,
        "contract_version": contract.version,
        "contract_hash": contract.hash,
        "hospitals": ", ".join(found.hospitals),
        "partial": str(bool(found.left_out)).lower(),
        **{f"data_version.{name}": each.data_version for name, each in found.hospitals.items()},
    }


def metrics_of(found: FoundRanking) -> dict[str, float]:
    """Return the figures for MLflow."""
    metrics = {
        f"{method}.{group}.{place}": share.value
        for method, groups in found.figures.top.items()
        for group, places in groups.items()
        for place, share in places.items()
        if share.value is not None
    }
    if found.figures.calibration_error is not None:
        metrics["federated.calibration_error"] = found.figures.calibration_error
    return metrics


def outcome(found: FoundRanking) -> tuple[RunStatus, str]:
    """Say honestly how the run went."""
    first = found.figures.top["federated"]["all"]["top_1"]
    good = "" if first.value is None else f"; the right disease first in {first.value:.2f}"
    said = f"{len(found.hospitals)} hospitals learned to rank {len(found.diseases)} diseases{good}"
    if not found.left_out:
        return "completed", said
    reasons = "; ".join(f"{name} ({reason})" for name, reason in found.left_out.items())
    return "partial", f"{said}; left out of part of the run: {reasons}"


def result_figures(found: FoundRanking) -> dict[str, object]:
    """Return what the database keeps of it."""
    return {
        "hospitals": [
            {"name": name, "rows": each.training or None, "data_version": each.data_version}
            for name, each in found.hospitals.items()
        ],
        "models": {},
        "left_out": found.left_out,
        "ranking": {
            "diseases": len(found.diseases),
            "diseases_with_cases": found.diseases_with_cases,
            "training_cases": found.training_cases,
            **found.figures.model_dump(mode="json"),
        },
    }
