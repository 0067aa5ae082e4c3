"""Somebody to tell: a mail server and a web server on loopback."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from shared.processes import free_port

USER, PASSWORD = "juntos", "correct horse"


class Mailbox:
    """Takes mail and keeps it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one mail."""
        if self.refuses:
            return "451 Try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
) -> AuthResult:
    """Let one user in."""
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    # Not handled: the server itself is to answer that it was wrong.
    return AuthResult(success=data == known, handled=False)


@contextlib.contextmanager
def mail_server(trust: ssl.SSLContext | None = None) -> Iterator[tuple[Mailbox, int]]:
    """Run a mail server that wants a password where it has a certificate."""
    mailbox, port = Mailbox(), free_port()
    options: dict[str, Any] = {}
    if trust is not None:
        options = {"tls_context": trust, "require_starttls": True, "auth_required": True}
        options["authenticator"] = authenticate
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


@dataclass
class Hook:
    """Takes POST requests and keeps them.

    Attributes
    ----------
    status : int
        What it answers with.
    requests : list of (headers, body)
    """

    status: int = 204
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextlib.contextmanager
def web_server() -> Iterator[tuple[Hook, str]]:
    """Run a receiver of webhooks; yield it and its URL."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hook.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook, f"http://127.0.0.1:{server.server_address[1]}/hook/secret-token"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
