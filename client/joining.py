"""Joining a federation with a kit: keys made here, a certificate from the coordinator."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import tomli_w
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from client.coordinator_connection import ask, open_connection, read_status, refuse_wrong_clock
from client.home import POLICY_FILE, SETTINGS_FILE, NodeHome, NodeSettings, open_home
from client.privacy.policy import Policy, policy_template
from client.sources.mapping import load_mapping
from shared.contract import Contract
from shared.enrolment import JoinAnswer, JoinRequest, Kit, read_kit, write_private
from shared.errors import ConnectionRefusedByPeerError, SettingsError
from shared.settings_file import load, parse
from shared.signatures import same_fingerprint


@dataclass(frozen=True)
class NodeKey:
    """A node's own key, which never leaves the machine."""

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls) -> NodeKey:
        """Make a new one."""
        return cls(ec.generate_private_key(ec.SECP384R1()))

    def signing_request(self, hospital: str) -> str:
        """Return a certificate signing request for the public half, as PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hospital)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        signed = request.sign(self.key, hashes.SHA384())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def save(self, folder: Path) -> None:
        """Write both halves in OpenSSH format, which is what Flower reads."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        public = self.key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        write_private(folder / "node", private)
        (folder / "node.pub").write_bytes(public + b"\n")


def join(
    kit_path: Path,
    home_path: Path,
    mapping_path: Path | None = None,
    expected_fingerprint: str | None = None,
    policy_path: Path | None = None,
) -> NodeHome:
    """Join a federation and create the node's folder, complete or not at all.

    Parameters
    ----------
    kit_path : Path
        The file that came from the coordinator.
    home_path : Path
        Absent or empty.
    mapping_path : Path, optional
        Where the data are; without it the node's folder gets a template to fill in.
    expected_fingerprint : str, optional
        What the coordinator says its key has; without it the kit is taken at its own word.
    policy_path : Path, optional
        What may leave, copied into the node's folder; without it the folder gets a commented file
        with the defaults, which require formal privacy.

    Raises
    ------
    SettingsError
        When the kit, the mapping, the policy or the folder cannot be used.
    ConnectionRefusedByPeerError
        When the coordinator cannot be reached, is not the kit's, or refuses the token.
    """
    # The token is used up by asking, so all else must be in order before.
    from client.sources.template import mapping_template

    kit = read_kit(kit_path)
    _refuse_other_fingerprint(kit, expected_fingerprint)
    mapping = _existing_mapping(mapping_path)
    policy = _policy_text(policy_path)
    home_path = home_path.absolute()
    partial = _prepare_folder(home_path)
    try:
        key = NodeKey.create()
        answer, contract = _ask_to_join(kit, key)
        _fill(partial, kit, key, answer, mapping)
        (partial / POLICY_FILE).write_text(policy, encoding="utf-8")
        if mapping_path is None:
            (partial / mapping).write_text(mapping_template(contract), encoding="utf-8")
        os.replace(partial, home_path)  # noqa: PTH105 - replaces an empty folder in one step
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return open_home(home_path)


def _refuse_other_fingerprint(kit: Kit, expected: str | None) -> None:
    if expected is not None and not same_fingerprint(kit.fingerprint, expected):
        raise SettingsError(
            f"The kit's fingerprint is {kit.fingerprint}, not the one that was given.",
            "Do not use it; ask the coordinator for a new kit, on another channel.",
        )


def _existing_mapping(path: Path | None) -> str:
    if path is None:
        return "mapping.toml"
    load_mapping(path)
    return str(path.absolute())


def _policy_text(path: Path | None) -> str:
    if path is None:
        return policy_template()
    load(Policy, path)
    return path.read_text(encoding="utf-8")


def _prepare_folder(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SettingsError(f"{path} exists and is not empty.", "Choose another folder.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise SettingsError(f"{path} cannot be created: {error.strerror}.") from None


def _ask_to_join(kit: Kit, key: NodeKey) -> tuple[JoinAnswer, Contract]:
    if kit.expires_at <= datetime.now(UTC).isoformat(timespec="seconds"):
        raise ConnectionRefusedByPeerError(
            f"This kit expired on {kit.expires_at[:10]}.", "Ask the coordinator for a new kit."
        )
    request = JoinRequest(token=kit.token, csr_pem=key.signing_request(kit.hospital))
    with open_connection(kit.address, kit.authority_certificate) as client:
        refuse_wrong_clock(read_status(client)[1])
        raw = ask(client, "POST", "/v1/join", request.model_dump_json())
    try:
        answer = JoinAnswer.model_validate(raw)
    except ValidationError:
        raise ConnectionRefusedByPeerError(
            "The coordinator's answer cannot be read.", "Install the coordinator's Juntos version."
        ) from None
    contract = parse(Contract, tomllib.loads(answer.contract_toml), "The contract")
    if contract.hash != answer.contract_hash:
        raise ConnectionRefusedByPeerError(
            "The coordinator reads its data contract differently.",
            "Install the coordinator's Juntos version, and ask for a new kit.",
        )
    return answer, contract


def _fill(path: Path, kit: Kit, key: NodeKey, answer: JoinAnswer, mapping: str) -> None:
    for folder in ("keys", "flower", "logs"):
        (path / folder).mkdir(mode=0o700)
    key.save(path / "keys")
    settings = NodeSettings(
        hospital=answer.hospital,
        federation=kit.federation,
        coordinator=kit.address,
        contract_hash=answer.contract_hash,
        mapping=mapping,
    )
    texts = {
        "keys/certificate.pem": answer.certificate_pem,
        "ca.crt": kit.authority_certificate,
        "coordinator.pub": kit.signing_key + "\n",
        "contract.toml": answer.contract_toml,
        SETTINGS_FILE: tomli_w.dumps(settings.model_dump(exclude_none=True)),
    }
    for name, text in texts.items():
        (path / name).write_text(text, encoding="utf-8")
