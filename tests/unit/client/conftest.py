"""A node's folder that joined, and a coordinator that says what the test wants."""

from __future__ import annotations

import socket
import ssl
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from client.home import NodeHome
from client.joining import join
from server.enrolment.certificates import (
    create_authority,
    create_server_identity,
    read_signing_request,
    sign_hospital,
)
from server.enrolment.identity import Identity
from server.enrolment.kits import new_token, write_kit
from server.home import contract_text
from shared.contract import Contract, load_contract
from shared.contract_offer import ContractOffer
from shared.enrolment import JoinAnswer, JoinRequest, Kit, StatusAnswer

MAPPING = """
[source]
kind = "csv"
path = "patients.csv"
[label]
column = "diagnosis"
[[column]]
column = "years"
feature = "age"
unit = "a"
"""
PATIENTS = "years,diagnosis\n63,none\n58,grade_1\n"


@dataclass
class Coordinator:
    """What the stand-in coordinator says."""

    authority: Identity
    port: int = 0
    clock_ahead: timedelta = timedelta()
    contract_hash: str = field(default_factory=lambda: load_contract("heart_disease").hash)
    refusal: tuple[int, str] | None = None
    joined: list[JoinRequest] = field(default_factory=list)
    offer: ContractOffer | None = None
    accepted: list[str] = field(default_factory=list)
    signing_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def kit(self, folder: Path, **changes: str) -> Path:
        kit = Kit(
            federation="Test",
            address=f"127.0.0.1:{self.port}",
            hospital="lyon",
            token=new_token(),
            expires_at=(datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds"),
            authority_certificate=self.authority.certificate_pem,
        )
        return write_kit(kit.model_copy(update=changes).signed_by(self.signing_key), folder)

    def __post_init__(self) -> None:
        """Offer the contract that is current from the beginning."""
        self.publish(contract_text("heart_disease"))

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, str]:
        if path.startswith("/v1/contract"):
            return self.answer_about_contract(path)
        if method == "GET":
            time = (datetime.now(UTC) + self.clock_ahead).isoformat()
            status = StatusAnswer(federation="Test", contract_hash=self.contract_hash, time=time)
            return 200, "application/json", status.model_dump_json()
        request = JoinRequest.model_validate_json(body)
        self.joined.append(request)
        if self.refusal is not None:
            return self.refusal[0], "application/problem+json", self.refusal[1]
        csr = read_signing_request(request.csr_pem)
        certificate = sign_hospital(self.authority, csr, "lyon")
        answer = JoinAnswer(
            hospital="lyon",
            certificate_pem=certificate_text(certificate),
            contract_toml=contract_text("heart_disease"),
            contract_hash=self.contract_hash,
        )
        return 200, "application/json", answer.model_dump_json()

    def publish(self, text: str) -> None:
        """Make a version of the contract the current one."""
        contract = Contract.model_validate(tomllib.loads(text))
        offer = ContractOffer(
            federation="Test", contract_toml=text, contract_hash=contract.hash, published_at="today"
        )
        self.offer, self.contract_hash = offer.signed_by(self.signing_key), contract.hash

    def answer_about_contract(self, path: str) -> tuple[int, str, str]:
        if self.refusal is not None:
            return self.refusal[0], "application/problem+json", self.refusal[1]
        if path.endswith("/accept"):
            self.accepted.append(path.split("/")[-2])
            return 200, "application/json", "{}"
        assert self.offer is not None
        return 200, "application/json", self.offer.model_dump_json()


def certificate_text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="session")
def authority() -> Identity:
    return create_authority("Test")


@pytest.fixture
def coordinator(
    authority: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Coordinator]:
    says = Coordinator(authority)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(b"")

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["content-length"])))

        def reply(self, body: bytes) -> None:
            status, kind, text = says.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path_factory.mktemp("server")
    create_server_identity(authority, "127.0.0.1").save(folder / "crt", folder / "key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    says.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield says
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def node_home(coordinator: Coordinator, tmp_path: Path) -> NodeHome:
    """A node that joined and has two good patients."""
    home = join(coordinator.kit(tmp_path), tmp_path / "node")
    home.mapping_file.write_text(MAPPING)
    (home.path / "patients.csv").write_text(PATIENTS)
    return home


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
