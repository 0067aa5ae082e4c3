"""What the dispatcher needs of whoever carries out runs: Flower, or a stand-in of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from server.flower_run import flower_runs, start_run, stop_run
from server.home import CoordinatorHome
from server.superlink import SERVER_APP, SUPERLINK, flower_processes, name_of

# Flower's words.
RUNNING, FINISHED = "running", "finished"
# Where the first is not seen, processes cannot be looked at.
SEEN = (SUPERLINK, SERVER_APP)


class Runner(Protocol):
    """Carries out runs that the database holds the settings of."""

    def start(self, run: str) -> str:
        """Start a run; return by which name it is carried out.

        Raises
        ------
        JuntosError
            When it could not be started.
        """

    def known(self) -> Mapping[str, str]:
        """Return the state of all that was ever started, by name: ``finished...`` or another.

        Raises
        ------
        JuntosError
            When nobody can tell now.
        """

    def stop(self, name: str) -> None:
        """End what carries out a run."""


class FlowerRunner:
    """Has the federation's SuperLink carry out runs."""

    def __init__(self, home: CoordinatorHome) -> None:
        self._home = home

    def start(self, run: str) -> str:
        """Start a run of the installed app."""
        return start_run(self._home, run)

    def known(self) -> Mapping[str, str]:
        """Return Flower's word for the state of each of its runs.

        Flower notices after a minute that the process of a run was killed; it runs on this machine,
        so that it is missed at once.
        """
        states = flower_runs(self._home)
        # Only now: one that Flower says runs had its process then.
        programs = {
            word for each in flower_processes(self._home) for word in SEEN if word in name_of(each)
        }
        if programs == {SUPERLINK}:
            return {
                name: f"{FINISHED}:killed" if state == RUNNING else state
                for name, state in states.items()
            }
        return states

    def stop(self, name: str) -> None:
        """Stop one of Flower's runs."""
        stop_run(self._home, name)
