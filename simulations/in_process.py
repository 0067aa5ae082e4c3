"""A federation whose hospitals live on this machine: the same code as the real one, no network."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from client.training.local_models import judge, train_alone
from server.federation import Federation
from server.federation_result import EvaluationsByHospital, FederationResult
from server.rounds import RoundObserver
from shared.contract import Contract
from shared.holdout import split
from shared.records import Records, concatenate
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital, Workers
from simulations.backend import BackendSettings
from simulations.hospital_apps import app_factories
from simulations.silence import Silent


class Simulation(Protocol):
    """A federation's hospitals, ready for any number of runs."""

    def run(
        self,
        settings: RunSettings,
        observer: RoundObserver | None = None,
        faults: Sequence[Fault] = (),
    ) -> FederationResult:
        """Carry out one run.

        Raises
        ------
        SettingsError
            When a fault is of a hospital that is not there.
        PartialRunError
            When too few hospitals answer.
        """


class InProcessSimulation:
    """Hospitals on an `InProcessGrid`."""

    def __init__(self, grid: InProcessGrid, names: Mapping[int, str], contract: Contract) -> None:
        self._grid = grid
        self._names = names
        self._contract = contract

    def run(
        self,
        settings: RunSettings,
        observer: RoundObserver | None = None,
        faults: Sequence[Fault] = (),
    ) -> FederationResult:
        """Carry out one run; see `Simulation`."""
        self._grid.begin_run()
        grid = FaultyGrid(self._grid, faults, self._names)
        return Federation(grid, self._names, self._contract, settings, observer or Silent()).run()


@contextlib.contextmanager
def open_simulation(
    contract: Contract, hospitals: Mapping[str, Records], backend: BackendSettings
) -> Iterator[Simulation]:
    """Start what answers for the hospitals, and end it."""
    # What Flower says of each round goes to the observer; here it would drown the results.
    logging.getLogger("flwr").setLevel(logging.ERROR)
    factories = app_factories(contract, hospitals)
    if backend.kind == "ray":
        from simulations.ray_simulation import RaySimulation

        yield RaySimulation(factories, contract, backend)
        return
    names = dict(enumerate(hospitals, start=1))
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    kind: Workers = backend.kind
    with InProcessGrid(nodes, kind, backend.workers) as grid:
        yield InProcessSimulation(grid, names, contract)


def run_in_process(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings,
    observer: RoundObserver | None = None,
    faults: Sequence[Fault] = (),
    backend: BackendSettings | None = None,
) -> FederationResult:
    """Run a whole federation on this machine.

    Parameters
    ----------
    hospitals : mapping of str to Records
    faults : sequence of Fault
        What goes wrong at which hospital.
    backend : BackendSettings, optional
        Who answers for the hospitals; one after the other in this process without it.
    """
    with open_simulation(contract, hospitals, backend or BackendSettings()) as simulation:
        return simulation.run(settings, observer, faults)


def evaluate_exactly(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings,
    result: FederationResult,
) -> tuple[EvaluationsByHospital, EvaluationsByHospital]:
    """Judge a run's models, and each hospital's own, on all held-out rows and without noise.

    In a run with a formal guarantee the coordinator sees noised counts of few rows: they would tell
    what judging costs, not what learning does.

    Returns
    -------
    federated, alone : dict of str to dict of str to Evaluation
        By hospital and model.
    """
    view = settings.task.contract(contract)
    federated, alone = {}, {}
    for name, records in hospitals.items():
        seen = settings.task.records(contract, records)
        train, held_out = split(view, seen, settings.holdout)
        federated[name] = judge(view, held_out, settings, result.preparation, result.models)
        alone[name] = judge(view, held_out, settings, *train_alone(name, view, train, settings))
    return federated, alone


def evaluate_pooled(
    contract: Contract, hospitals: Mapping[str, Records], settings: RunSettings
) -> EvaluationsByHospital:
    """Train on all training rows in one place, judge on each hospital's held-out rows.

    What a federation is compared with, and what no real federation could compute.
    """
    view = settings.task.contract(contract)
    parts = {
        name: split(view, settings.task.records(contract, records), settings.holdout)
        for name, records in hospitals.items()
    }
    training = concatenate([train for train, _ in parts.values()])
    preparation, models = train_alone("pooled", view, training, settings)
    return {
        name: judge(view, held_out, settings, preparation, models)
        for name, (_, held_out) in parts.items()
    }
