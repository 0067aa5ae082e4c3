"""A run that explores, from the coordinator's settings to its folder and database."""

from __future__ import annotations

from collections.abc import Mapping

from flwr.serverapp import Grid

from server.background_writer import Write
from server.exploration.asking import Exploring, FederatedExploration
from server.exploration.noised import explore_with_noise
from server.home import CoordinatorHome
from server.rounds import RoundObserver
from server.run_store import RunStatus, RunStore
from server.storing_observer import StoringObserver
from shared.contract import Contract
from shared.run_settings import RunSettings


def explore(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    grid: Grid,
    names: Mapping[int, str],
    settings: RunSettings,
    write: Write,
) -> FederatedExploration:
    """Ask the hospitals, and keep what they told in the run's folder.

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
    found = ask(grid, names, home.contract(), settings, observer)
    found.keep(home.runs / run)
    return found


def ask(
    grid: Grid,
    names: Mapping[int, str],
    contract: Contract,
    settings: RunSettings,
    observer: RoundObserver,
) -> FederatedExploration:
    """Ask each hospital for itself, or all together where the run has a formal guarantee."""
    if settings.privacy.is_private:
        return explore_with_noise(grid, names, contract, settings, observer)
    return Exploring(grid, names, contract, settings, observer).run()


def outcome(found: FederatedExploration) -> tuple[RunStatus, str]:
    """Say honestly how the run went."""
    if not found.left_out:
        return "completed", f"{len(found.answered)} hospitals told what their data are like"
    reasons = "; ".join(f"{name} ({reason})" for name, reason in found.left_out.items())
    return "partial", f"without {reasons}"


def result_figures(found: FederatedExploration) -> dict[str, object]:
    """Return what the database keeps of it; the rest is in the run's folder."""
    patients = {name: each.patients for name, each in found.hospitals.items()}
    return {
        "hospitals": [
            {
                "name": name,
                "rows": patients.get(name),
                "data_version": found.data_versions.get(name, ""),
            }
            for name in found.answered
        ],
        "models": {},
        "left_out": found.left_out,
        "explored": found.answered,
    }
