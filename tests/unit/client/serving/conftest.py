"""Bundles of every kind, written once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.serving.served_model import ServedModel, read_served
from client.serving.settings import ServingSettings
from shared.bundle import Bundle
from shared.run_settings import ModelName
from tests.unit.client.serving.bundles import CONTRACT, KINDS, trained, write_signed

SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
# Machines that run tests are busy; how fast a model is must not decide about them.
PATIENT = ServingSettings(latency_limit=60)


@cache
def bundle_of(kind: ModelName) -> Bundle:
    """Return the trained bundle of a kind, with the training stack."""
    return trained(kind)


@pytest.fixture(scope="session")
def signing_key() -> Ed25519PrivateKey:
    return SIGNING_KEY


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with the signed bundle of each kind."""
    base = tmp_path_factory.mktemp("bundles")
    for kind in KINDS:
        write_signed(bundle_of(kind), base / kind, SIGNING_KEY)
    return {kind: base / kind for kind in KINDS}


@pytest.fixture(scope="session")
def served(folders: dict[str, Path]) -> dict[str, ServedModel]:
    key = SIGNING_KEY.public_key()
    return {kind: read_served(folder, key, CONTRACT, PATIENT) for kind, folder in folders.items()}
