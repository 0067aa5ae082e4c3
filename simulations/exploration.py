"""What a simulated federation's data are like, as its coordinator would be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.exploration.asking import Exploring, FederatedExploration
from server.rounds import RoundObserver
from shared.contract import Contract
from shared.records import Records
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.hospital_apps import app_factories
from simulations.silence import Silent


def explore_in_process(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings | None = None,
    observer: RoundObserver | None = None,
    faults: Sequence[Fault] = (),
) -> FederatedExploration:
    """Ask hospitals on this machine what their data are like; see `Exploring`."""
    factories = app_factories(contract, hospitals)
    names = dict(enumerate(hospitals, start=1))
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    chosen = settings or RunSettings()
    with InProcessGrid(nodes) as grid:
        faulty = FaultyGrid(grid, faults, names)
        return Exploring(faulty, names, contract, chosen, observer or Silent()).run()
