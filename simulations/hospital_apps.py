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
from simulations.secret_identities import SecretIdentity, secret_identities


def hospital_app(
    name: str, contract: Contract, records: Records, identity: SecretIdentity
) -> ClientApp:
    """Return the ClientApp of a hospital that holds the given records."""
    hospital = Hospital(name, contract, lambda: LocalRecords(records))
    hospital.noise = SeededNoise(hospital_seed(name))
    hospital.secret_sums = identity.taking_part()
    return create_client_app(lambda _context: hospital)


def app_factories(contract: Contract, hospitals: Mapping[str, Records]) -> dict[str, AppFactory]:
    """Return how to build the ClientApp of each hospital."""
    identities = secret_identities(hospitals)
    return {
        name: AppFactory(hospital_app, (name, contract, records, identities[name]))
        for name, records in hospitals.items()
    }
