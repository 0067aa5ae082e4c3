from __future__ import annotations

import json
import stat
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from client.coordinator_connection import certificate_error, transport_error
from client.home import open_home, open_hospital
from client.joining import NodeKey, join
from server.enrolment.certificates import create_authority
from shared.errors import ConnectionRefusedByPeerError, JuntosError, SettingsError
from tests.unit.client.conftest import MAPPING, PATIENTS, Coordinator


def refused(coordinator: Coordinator, folder: Path, **changes: str) -> JuntosError:
    """Join, and return the error after seeing that it left nothing behind."""
    kit = coordinator.kit(folder, **changes)
    with pytest.raises(JuntosError) as caught:
        join(kit, folder / "node")
    assert [entry.name for entry in folder.iterdir()] == [kit.name]
    return caught.value


def test_a_node_is_complete_after_joining(coordinator: Coordinator, tmp_path: Path) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    assert home.settings.hospital == "lyon"
    assert home.settings.coordinator == f"127.0.0.1:{coordinator.port}"
    assert home.contract().hash == home.settings.contract_hash
    assert home.logs.is_dir()
    tomllib.loads(home.mapping_file.read_text())
    assert not list(tmp_path.glob(".node*"))


def test_the_key_is_for_its_owner_in_the_format_of_flower(
    coordinator: Coordinator, tmp_path: Path
) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.private_key.stat().st_mode) == 0o600
    key = serialization.load_ssh_private_key(home.private_key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP384R1)
    certificate = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    assert certificate.public_key() == key.public_key()
    public = serialization.load_ssh_public_key(home.public_key.read_bytes())
    assert public == key.public_key()


def test_the_private_key_is_not_sent(coordinator: Coordinator, tmp_path: Path) -> None:
    join(coordinator.kit(tmp_path), tmp_path / "node")
    sent = coordinator.joined[0].model_dump_json()
    assert "PRIVATE" not in sent
    assert "CERTIFICATE REQUEST" in sent


def test_every_node_has_a_key_of_its_own() -> None:
    numbers = {NodeKey.create().key.private_numbers().private_value for _ in range(3)}
    assert len(numbers) == 3


def test_a_used_kit_is_refused_in_the_coordinators_words(
    coordinator: Coordinator, tmp_path: Path
) -> None:
    problem = {"status": 403, "detail": "This kit was used already.", "fix": "Ask for a new one."}
    coordinator.refusal = (403, json.dumps(problem))
    error = refused(coordinator, tmp_path)
    assert (error.what, error.fix) == ("This kit was used already.", "Ask for a new one.")
    assert error.exit_code == 6


def test_an_expired_kit_is_not_even_sent(coordinator: Coordinator, tmp_path: Path) -> None:
    error = refused(coordinator, tmp_path, expires_at="2020-01-01T00:00:00+00:00")
    assert "expired on 2020-01-01" in error.what
    assert coordinator.joined == []


def test_another_authority_is_not_trusted(coordinator: Coordinator, tmp_path: Path) -> None:
    other = create_authority("Other").certificate_pem
    error = refused(coordinator, tmp_path, authority_certificate=other)
    assert "is not this federation's coordinator" in error.what
    assert coordinator.joined == []


def test_a_coordinator_that_is_away_is_named(
    coordinator: Coordinator, tmp_path: Path, closed_port: int
) -> None:
    error = refused(coordinator, tmp_path, address=f"127.0.0.1:{closed_port}")
    assert error.what == f"The coordinator at 127.0.0.1:{closed_port} cannot be reached."


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(minutes=10)])
def test_a_wrong_clock_costs_no_token(
    coordinator: Coordinator, tmp_path: Path, ahead: timedelta
) -> None:
    coordinator.clock_ahead = ahead
    assert "clock is" in refused(coordinator, tmp_path).what
    assert coordinator.joined == []


def test_a_contract_read_differently_is_refused(coordinator: Coordinator, tmp_path: Path) -> None:
    coordinator.contract_hash = "0" * 64
    assert "reads its data contract differently" in refused(coordinator, tmp_path).what


@pytest.mark.parametrize("body", ["[]", "not json", '{"hospital": "lyon"}'])
def test_an_answer_that_cannot_be_read_is_refused(
    coordinator: Coordinator, tmp_path: Path, body: str
) -> None:
    coordinator.refusal = (200, body)
    assert isinstance(refused(coordinator, tmp_path), ConnectionRefusedByPeerError)


def test_a_folder_in_use_costs_no_token(coordinator: Coordinator, tmp_path: Path) -> None:
    kit = coordinator.kit(tmp_path)
    with pytest.raises(SettingsError, match="not empty"):
        join(kit, tmp_path)
    assert coordinator.joined == []


@pytest.mark.parametrize("content", ["", "token = 1", "not toml ["])
def test_what_is_no_kit_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "kit").write_text(content)
    with pytest.raises(SettingsError):
        join(tmp_path / "kit", tmp_path / "node")


def test_a_hospital_opens_with_its_records(coordinator: Coordinator, tmp_path: Path) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    home.mapping_file.write_text(MAPPING)
    (home.path / "patients.csv").write_text(PATIENTS)
    hospital = open_hospital(home.path)
    assert hospital.name == "lyon"
    assert len(hospital.local.records) == 2


def test_a_changed_contract_is_refused(coordinator: Coordinator, tmp_path: Path) -> None:
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    text = home.contract_file.read_text()
    home.contract_file.write_text(text.replace("maximum = 120", "maximum = 121", 1))
    with pytest.raises(SettingsError, match="is not the contract"):
        open_home(home.path).contract()


def test_what_is_no_home_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not a node's folder"):
        open_home(tmp_path)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate", "another auth"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "has expired"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate is not yet valid", "not valid yet"),
        ("CERTIFICATE_VERIFY_FAILED: IP address mismatch, certificate is not valid", "another add"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak TLS"),
    ],
)
def test_a_failed_certificate_is_explained(reason: str, expected: str) -> None:
    assert expected in certificate_error(reason, "a:1").what
    assert expected in transport_error(reason, "a:1").what
