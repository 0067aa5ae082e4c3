"""A run that deploys, from the coordinator's settings to its folder and database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flwr.serverapp import Grid

from server.background_writer import Write
from server.deployment.deploying import BUNDLE, Deploying, FederatedDeployment, bundle_of
from server.home import CoordinatorHome
from server.run_store import RunStatus, RunStore
from server.storing_observer import StoringObserver
from shared.run_settings import RunSettings

DEPLOYMENT_FILE = "deployment.json"


def deploy(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    grid: Grid,
    names: Mapping[int, str],
    settings: RunSettings,
    write: Write,
) -> FederatedDeployment:
    """Bring the run's bundle to the hospitals, and keep what they said in the run's folder.

    Parameters
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    write : callable
        Carries out writing of rounds.
    """
    observer = StoringObserver(store, run, write)
    bundle = bundle_of(home.runs / run / BUNDLE)
    found = Deploying(grid, names, home.contract(), settings, observer, bundle).run()
    keep(found, home.runs / run)
    return found


def keep(found: FederatedDeployment, folder: Path) -> None:
    """Write what became of the model into a run's folder."""
    partial = folder / f"{DEPLOYMENT_FILE}.partial"
    partial.write_text(found.model_dump_json(indent=1), encoding="utf-8")
    partial.replace(folder / DEPLOYMENT_FILE)


def outcome(found: FederatedDeployment) -> tuple[RunStatus, str]:
    """Say honestly how the run went."""
    count, label = len(found.in_use), found.label
    what = "answers beside the active model" if found.shadow else "is in use"
    reasons = "; ".join(f"{name} ({reason})" for name, reason in found.reasons.items())
    if not count:
        return "failed", f"no hospital took {label}: {reasons or 'none was there'}"
    hospitals = "1 hospital" if count == 1 else f"{count} hospitals"
    if not reasons:
        return "completed", f"{label} {what} at {hospitals}"
    return "partial", f"{label} {what} at {hospitals}, not at {reasons}"


def result_figures(found: FederatedDeployment) -> dict[str, object]:
    """Return what the database keeps of it."""
    return {
        "hospitals": [{"name": name, "rows": None, "data_version": ""} for name in found.in_use],
        "models": {},
        "left_out": found.reasons,
        "deployment": found.model_dump(mode="json"),
    }
