"""The ClientApp of a simulated hospital, built where it answers."""

from __future__ import annotations

from collections.abc import Mapping

from flwr.clientapp import ClientApp

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.noise import SeededNoise
from client.training.local_models import hospital_seed
from shared.contract import Contract
from shared.records import Records
from shared.session.in_process import AppFactory


def hospital_app(name: str, contract: Contract, records: Records) -> ClientApp:
    """Return the ClientApp of a hospital that holds the given records."""
    hospital = Hospital(name, contract, lambda: LocalRecords(records))
    hospital.noise = SeededNoise(hospital_seed(name))
    return create_client_app(lambda _context: hospital)


def app_factories(contract: Contract, hospitals: Mapping[str, Records]) -> dict[str, AppFactory]:
    """Return how to build the ClientApp of each hospital."""
    return {
        name: AppFactory(hospital_app, (name, contract, records))
        for name, records in hospitals.items()
    }
