"""A federation under Flower's own simulation, on Ray: many hospitals, one machine or many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp

from server.federation import Federation
from server.federation_result import FederationResult
from server.rounds import RoundObserver
from shared.contract import Contract
from shared.errors import JuntosError
from shared.run_settings import RunSettings
from shared.session.faults import Fault, refuse_unknown_hospitals
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import AppFactory
from simulations.backend import BackendSettings
from simulations.ray_apps import PARTITION_KEY, WHO, PartitionedApp
from simulations.ray_cluster import FLOWER_SETTINGS, ray_running
from simulations.silence import Silent

POLL_SECONDS = 0.05
SECONDS_TO_START = 600


class RaySimulation:
    """Hospitals as partitions of Flower's simulation."""

    def __init__(
        self, factories: Mapping[str, AppFactory], contract: Contract, backend: BackendSettings
    ) -> None:
        self._factories = dict(factories)
        self._contract = contract
        self._backend = backend

    def run(
        self,
        settings: RunSettings,
        observer: RoundObserver | None = None,
        faults: Sequence[Fault] = (),
    ) -> FederationResult:
        """Carry out one run; see `simulations.in_process.Simulation`."""
        hospitals = list(self._factories)
        refuse_unknown_hospitals(faults, hospitals)
        results: list[FederationResult] = []

        def carry_out(grid: Grid) -> None:
            names = names_by_node(grid, hospitals)
            faulty = FaultyGrid(grid, faults, names)
            federation = Federation(faulty, names, self._contract, settings, observer or Silent())
            results.append(federation.run())

        with ray_running(self._backend):
            app = partitioned_app(self._factories.values())
            simulate(carry_out, app, len(hospitals))
        return results[0]


def partitioned_app(factories: Iterable[AppFactory]) -> PartitionedApp:
    """Put every hospital into Ray's store; return the app that finds them there."""
    import ray

    return PartitionedApp(ray.put([ray.put(factory) for factory in factories]))


def simulate(carry_out: Callable[[Grid], None], client_app: ClientApp, nodes: int) -> None:
    """Run a ServerApp and a ClientApp under Flower's simulation; Ray must be running.

    What `carry_out` raises is raised here.
    """
    from flwr.simulation import run_simulation

    server_app = ServerApp()

    @server_app.main()
    def main(grid: Grid, _context: Context) -> None:
        carry_out(grid)

    run_simulation(server_app, client_app, nodes, backend_config={**FLOWER_SETTINGS})


def names_by_node(grid: Grid, hospitals: Sequence[str]) -> dict[int, str]:
    """Ask each node which partition it is; Flower gives nodes new identifiers in every run."""
    nodes = wait_for_nodes(grid, len(hospitals))
    questions = [Message(RecordDict(), node, WHO) for node in nodes]
    answers = grid.send_and_receive(questions, timeout=SECONDS_TO_START)
    names = {
        answer.metadata.src_node_id: hospitals[partition_of(answer)]
        for answer in answers
        if not answer.has_error()
    }
    if len(names) < len(hospitals):
        raise JuntosError(
            f"{len(names)} of {len(hospitals)} hospitals answer under Ray.",
            "Its logs say why: /tmp/ray/session_latest/logs.",
        )
    return names


def wait_for_nodes(grid: Grid, count: int) -> list[int]:
    """Return the nodes as soon as Flower has registered all of them."""
    deadline = time.monotonic() + SECONDS_TO_START
    while len(nodes := list(grid.get_node_ids())) < count:
        if time.monotonic() > deadline:
            raise JuntosError(f"{len(nodes)} of {count} hospitals have started under Ray.")
        time.sleep(POLL_SECONDS)
    return nodes


def partition_of(answer: Message) -> int:
    """Read which partition a node is."""
    return int(str(answer.content.config_records[PARTITION_KEY][PARTITION_KEY]))
