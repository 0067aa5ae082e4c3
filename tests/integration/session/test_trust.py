"""Who may open a stream, and whom a hospital talks to."""

from __future__ import annotations

import secrets
import socket
import ssl
import time
import zlib
from collections.abc import Iterator

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from flwr.app import ConfigRecord, Message

from client.session.app import SessionClientApp
from server.enrolment.certificates import create_authority, create_server_identity
from server.session import service
from server.session.grid import SessionGrid
from shared.enrolment import split_address
from shared.session.invitation import PROTOCOL, Invitation, read_invitation
from shared.session.parts import PART_BYTES
from shared.session.session_pb2 import FromCoordinator, FromHospital, Hello, Part
from shared.session.session_pb2_grpc import SessionStub
from tests.integration.session.conftest import OpenSession, adding_app, question
from tests.integration.session.hospitals import Exchange

Frames = Iterator[FromCoordinator]


def stolen_invitation(open_session: OpenSession) -> tuple[Invitation, SessionGrid, Exchange]:
    """Return an invitation that somebody else has read, too."""
    seen: list[Message] = []
    apps = {1: SessionClientApp(adding_app())}
    grid, exchange = open_session(apps=apps, watch=seen.append)
    return read_invitation(seen[0]), grid, exchange


def attempt(invitation: Invitation, *frames: FromHospital) -> tuple[grpc.Channel, Frames]:
    credentials = grpc.ssl_channel_credentials(invitation.authority.encode())
    channel = grpc.secure_channel(invitation.address, credentials)
    return channel, SessionStub(channel).Attend(iter(frames), timeout=15)


def hello(invitation: Invitation, **changes: object) -> FromHospital:
    content = {
        "protocol": PROTOCOL,
        "node": invitation.node,
        "token": invitation.token,
        "secret": secrets.token_urlsafe(32),
        **changes,
    }
    return FromHospital(hello=Hello(**content))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "used before"),
        ({"token": "x" * 43}, "used before"),
        ({"token": ""}, "used before"),
        ({"secret": ""}, "without a secret"),
        ({"node": 2}, "not invited"),
        ({"protocol": 99}, "protocol"),
    ],
)
def test_a_replayed_or_wrong_token_is_refused(
    open_session: OpenSession, changes: dict[str, object], reason: str
) -> None:
    invitation, grid, _ = stolen_invitation(open_session)
    channel, frames = attempt(invitation, hello(invitation, **changes))
    with channel, pytest.raises(grpc.RpcError) as refused:
        next(frames)
    assert refused.value.code() in (
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.FAILED_PRECONDITION,
    )
    assert reason in refused.value.details()
    # The rightful stream is not disturbed.
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()


def test_a_stream_that_does_not_begin_with_hello_is_refused(open_session: OpenSession) -> None:
    invitation, _, _ = stolen_invitation(open_session)
    channel, frames = attempt(invitation, FromHospital(answer=Part(message_id="1", last=True)))
    with channel, pytest.raises(grpc.RpcError, match="begins with hello"):
        next(frames)


def test_a_stranger_who_says_nothing_is_cut_off(
    open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "HELLO_SECONDS", 0.5)
    invitation, grid, _ = stolen_invitation(open_session)

    def nothing() -> Iterator[FromHospital]:
        time.sleep(5)
        yield from ()

    credentials = grpc.ssl_channel_credentials(invitation.authority.encode())
    with (
        grpc.secure_channel(invitation.address, credentials) as channel,
        pytest.raises(grpc.RpcError, match="no hello"),
    ):
        next(SessionStub(channel).Attend(nothing(), timeout=15))
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()


def test_slow_handshakes_do_not_keep_hospitals_out(open_session: OpenSession) -> None:
    invitation, grid, _ = stolen_invitation(open_session)
    idle = [socket.create_connection(split_address(invitation.address)) for _ in range(200)]
    for each in idle:
        each.sendall(b"\x16\x03\x01")  # the first bytes of a handshake that never goes on
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()
    for each in idle:
        each.close()


def test_nothing_is_served_without_tls(open_session: OpenSession) -> None:
    invitation, _, _ = stolen_invitation(open_session)
    with (
        grpc.insecure_channel(invitation.address) as channel,
        pytest.raises(grpc.RpcError),
    ):
        next(SessionStub(channel).Attend(iter([hello(invitation)]), timeout=5))
    context = ssl.create_default_context()
    with (
        socket.create_connection(split_address(invitation.address)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


def test_a_hospital_talks_to_no_server_with_a_self_made_certificate(
    open_session: OpenSession,
) -> None:
    pem = serialization.Encoding.PEM
    other = create_authority("someone else")
    server = create_server_identity(other, "localhost")
    certificate = server.certificate.public_bytes(pem)
    key = server.key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    grid, exchange = open_session(1, certificate=(certificate, key))
    assert grid.without_stream == {1: "the session's certificate is not of this federation"}
    # Served all the same, by the messages that come through the SuperLink.
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()
    assert exchange.carried == ["query.session", "train"]


def test_a_hospital_refuses_another_authority_than_its_own(open_session: OpenSession) -> None:
    own = SessionClientApp(adding_app(), authority=lambda _context: "another")
    grid, _ = open_session(apps={1: own})
    assert "certificate authority" in grid.without_stream[1]


def test_a_malformed_invitation_is_answered_with_the_reason(open_session: OpenSession) -> None:
    def spoil(message: Message) -> None:
        message.content["invitation"] = ConfigRecord({"json": '{"protocol": 1}'})

    grid, _ = open_session(1, watch=spoil)
    assert "a malformed invitation (at" in grid.without_stream[1]


def hostile(parts: list[Part]) -> SessionClientApp:
    """Opens its stream as it should, then answers whatever is asked with parts of its making."""

    class Hostile(SessionClientApp):
        def __call__(self, message: Message, context: object) -> Message:
            invitation = read_invitation(message)

            def frames() -> Iterator[FromHospital]:
                yield hello(invitation)
                while not asked:
                    time.sleep(0.01)
                for part in parts:
                    copy = Part()
                    copy.CopyFrom(part)
                    copy.message_id = asked[0]
                    yield FromHospital(answer=copy)
                time.sleep(3)

            asked: list[str] = []
            credentials = grpc.ssl_channel_credentials(invitation.authority.encode())
            with grpc.secure_channel(invitation.address, credentials) as channel:
                for frame in SessionStub(channel).Attend(frames(), timeout=20):
                    if frame.WhichOneof("frame") == "question":
                        asked.append(frame.question.message_id)
                    if frame.WhichOneof("frame") == "goodbye":
                        break
            return Message(message.content, reply_to=message)

    return Hostile(adding_app())


BOMB = zlib.compress(b"0" * (50 * PART_BYTES))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([Part(message_bytes=9_000_000_000, data=b"x")], "9,000.0 MB is over the limit of 1.0 MB"),
        ([Part(message_bytes=10, data=b"x" * 11)], "longer than it says"),
        ([Part(message_bytes=10, data=b"x" * 9, last=True)], "shorter than it says"),
        ([Part(message_bytes=1000, data=BOMB, compressed=True)], "expands to more"),
        ([Part(message_bytes=1000, data=b"abc", compressed=True)], "damaged"),
        ([Part(message_bytes=4, data=b"\xff\xff\xff\xff", last=True)], "no Flower message"),
    ],
)
def test_what_a_hostile_hospital_sends_is_refused_by_name(
    open_session: OpenSession, parts: list[Part], reason: str
) -> None:
    apps = {1: hostile(parts), 2: SessionClientApp(adding_app())}
    grid, _ = open_session(apps=apps, maximum_message_megabytes=1)
    replies = list(grid.send_and_receive([question(1), question(2)], timeout=10))
    refused = next(reply for reply in replies if reply.has_error())
    assert refused.metadata.src_node_id == 1
    assert reason in refused.error.reason
    assert len(replies) == 2
