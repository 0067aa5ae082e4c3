"""What a simulated federation's data are like, as its coordinator would be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flwr.clientapp import ClientApp

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import OpenGate
from client.privacy.noise import SeededNoise
from client.privacy.policy import Policy
from client.training.local_models import hospital_seed
from server.exploration.asking import FederatedExploration
from server.exploration.running import ask
from server.rounds import RoundObserver
from shared.contract import Contract
from shared.records import Records
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.secret_identities import SecretIdentity, secret_identities
from simulations.silence import Silent


def explore_in_process(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings | None = None,
    observer: RoundObserver | None = None,
    faults: Sequence[Fault] = (),
    smallest_cell: int | None = None,
) -> FederatedExploration:
    """Ask hospitals on this machine what their data are like; see `ask`.

    Parameters
    ----------
    smallest_cell : int, optional
        Of every hospital's policy; that of a new node without it.
    """
    policy = Policy(formal_privacy_required=False)
    if smallest_cell is not None:
        policy = policy.model_copy(update={"smallest_cell": smallest_cell})
    identities = secret_identities(hospitals)
    names = dict(enumerate(hospitals, start=1))
    nodes = {
        node: SimulatedHospital(
            _hospital_app(name, contract, hospitals[name], policy, identities[name])
        )
        for node, name in names.items()
    }
    chosen = settings or RunSettings()
    with InProcessGrid(nodes) as grid:
        faulty = FaultyGrid(grid, faults, names)
        return ask(faulty, names, contract, chosen, observer or Silent())


def _hospital_app(
    name: str, contract: Contract, records: Records, policy: Policy, identity: SecretIdentity
) -> ClientApp:
    hospital = Hospital(name, contract, lambda: LocalRecords(records), OpenGate(policy))
    hospital.noise = SeededNoise(hospital_seed(name))
    hospital.secret_sums = identity.taking_part()
    return create_client_app(lambda _context: hospital)
