"""Starting, stopping and watching runs on the federation's SuperLink."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from server.flower_command import CONNECTION, flower_command
from server.home import CoordinatorHome
from server.superlink import SERVER_APP, end_programs

# That Flower has to end the process of a run that is stopped.
STOP_SECONDS = 5.0


def start_run(home: CoordinatorHome, run_id: str) -> str:
    """Start a run of the installed app.

    Parameters
    ----------
    run_id : str
        Ours; the ServerApp finds it as ``run`` in the run's configuration.

    Returns
    -------
    str
        Flower's own identifier of the run.

    Raises
    ------
    FlowerCommandError
        When the SuperLink does not answer or refuses.
    """
    app = copy_app(home)
    # The identifier is ours, but quotes would end the value all the same.
    value = "".join(each for each in run_id if each.isalnum() or each in "-_.")
    answer = flower_command(home, "run", str(app), CONNECTION, "--run-config", f'run="{value}"')
    return str(answer["run-id"])


def stop_run(home: CoordinatorHome, flower_run_id: str) -> None:
    """Stop the run that goes on, whatever it is doing; its process is gone afterwards."""
    flower_command(home, "stop", flower_run_id, CONNECTION)
    end_programs(home, SERVER_APP, STOP_SECONDS)


def run_status(home: CoordinatorHome, flower_run_id: str) -> str:
    """Return Flower's word for a run's state, for example ``running`` or ``finished:completed``."""
    answer = flower_command(home, "ls", CONNECTION, "--run-id", flower_run_id)
    return str(answer["runs"][0]["status"])


def flower_runs(home: CoordinatorHome) -> dict[str, str]:
    """Return Flower's word for the state of each of its runs, by Flower's identifier."""
    answer = flower_command(home, "ls", CONNECTION)
    return {str(each["run-id"]): str(each["status"]) for each in answer["runs"]}


def copy_app(home: CoordinatorHome) -> Path:
    """Copy the app next to the connections; Flower's tool may write into an app's folder."""
    target = home.flower / "app"
    shutil.rmtree(target, ignore_errors=True)
    with resources.as_file(resources.files("server") / "flower_app") as source:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target
