from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.joining import join
from shared.errors import SettingsError
from shared.signatures import fingerprint
from tests.unit.client.conftest import Coordinator


def test_the_coordinators_key_is_kept(coordinator: Coordinator, tmp_path: Path) -> None:
    kit = coordinator.kit(tmp_path)
    expected = fingerprint(coordinator.signing_key.public_key())
    home = join(kit, tmp_path / "node", expected_fingerprint=expected.lower())
    assert home.coordinator_key() == coordinator.signing_key.public_key()
    home.coordinator_key_file.write_text("nonsense")
    with pytest.raises(SettingsError, match="no Ed25519 public key"):
        home.coordinator_key()
    home.coordinator_key_file.unlink()
    with pytest.raises(SettingsError, match="join anew"):
        home.coordinator_key()


def test_a_kit_that_somebody_else_wrote_has_another_fingerprint(
    coordinator: Coordinator, tmp_path: Path
) -> None:
    expected = fingerprint(coordinator.signing_key.public_key())
    coordinator.signing_key = Ed25519PrivateKey.generate()
    kit = coordinator.kit(tmp_path)
    with pytest.raises(SettingsError, match="not the one that was given"):
        join(kit, tmp_path / "node", expected_fingerprint=expected)
    assert coordinator.joined == []
    assert not (tmp_path / "node").exists()


def test_a_tampered_kit_costs_no_token(coordinator: Coordinator, tmp_path: Path) -> None:
    kit = coordinator.kit(tmp_path)
    kit.write_text(kit.read_text().replace("lyon", "oslo", 1))
    with pytest.raises(SettingsError, match="was changed"):
        join(kit, tmp_path / "node")
    assert coordinator.joined == []
