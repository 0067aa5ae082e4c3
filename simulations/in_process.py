"""A federation whose hospitals live in this process: the same code as the real one, no network."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.training.local_models import judge, train_alone
from server.federation import EvaluationsByHospital, Federation, FederationResult
from server.rounds import RoundObserver, RoundRecord
from shared.contract import Contract
from shared.holdout import split
from shared.records import Records, concatenate
from shared.run_settings import RunSettings
from shared.session.in_process import InProcessGrid, SimulatedHospital


class Silent:
    """An observer for whom rounds pass unnoticed."""

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Ignore."""

    def answered(self, record: RoundRecord) -> None:
        """Ignore."""


def simulated_hospital(name: str, contract: Contract, records: Records) -> SimulatedHospital:
    """Build a hospital that holds the given records."""
    hospital = Hospital(name, contract, lambda: LocalRecords(records))
    return SimulatedHospital(create_client_app(lambda _context: hospital))


def run_in_process(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings,
    observer: RoundObserver | None = None,
    failures: Mapping[str, int] | None = None,
) -> FederationResult:
    """Run a whole federation in this process.

    Parameters
    ----------
    hospitals : mapping of str to Records
    failures : mapping of str to int, optional
        Hospitals that stop answering, with the question (from 0) from which on.
    """
    # What Flower says of each round goes to the observer; here it would drown the results.
    logging.getLogger("flwr").setLevel(logging.ERROR)
    names = dict(enumerate(hospitals, start=1))
    nodes = {
        node: simulated_hospital(name, contract, hospitals[name]) for node, name in names.items()
    }
    for node, name in names.items():
        nodes[node].unreachable_from = (failures or {}).get(name)
    grid = InProcessGrid(nodes)
    return Federation(grid, names, contract, settings, observer or Silent()).run()


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
