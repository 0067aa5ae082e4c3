"""A node's folder without a federation: enough to serve models."""

from __future__ import annotations

from pathlib import Path

import tomli_w
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.contract import Contract


def make_node(path: Path, contract: Contract, key: Ed25519PublicKey) -> Path:
    """Write the folder of a node that follows a contract and trusts a coordinator's key."""
    path.mkdir(parents=True)
    content = contract.model_dump(mode="json", exclude_none=True)
    (path / "contract.toml").write_text(tomli_w.dumps(content))
    settings = {
        "hospital": "north",
        "federation": "test",
        "coordinator": "127.0.0.1:9092",
        "contract_hash": contract.hash,
    }
    (path / "node.toml").write_text(tomli_w.dumps(settings))
    public = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (path / "coordinator.pub").write_bytes(public)
    (path / "serving.toml").write_text("latency_limit = 60\n")
    return path
