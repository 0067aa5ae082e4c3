"""What the dispatcher needs of whoever carries out runs: Flower, or a stand-in of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from server.flower_run import flower_runs, start_run, stop_run
from server.home import CoordinatorHome

FINISHED = "finished"


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
        """Return Flower's word for the state of each of its runs."""
        return flower_runs(self._home)

    def stop(self, name: str) -> None:
        """Stop one of Flower's runs."""
        stop_run(self._home, name)
