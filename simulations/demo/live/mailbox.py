"""Who is told by the coordinator: a receiver of webhooks on this machine."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Mailbox:
    """What came.

    Attributes
    ----------
    url : str
    notices : list of dict
        As `server.notifications.message.Message` has them.
    """

    url: str = ""
    notices: list[dict[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return notices of one kind."""
        return [each for each in self.notices if each["kind"] == kind]


@contextlib.contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Receive webhooks while the block runs."""
    mailbox = Mailbox()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep one."""
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            mailbox.notices.append(json.loads(content))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    mailbox.url = f"http://127.0.0.1:{server.server_address[1]}/"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield mailbox
    finally:
        server.shutdown()
        server.server_close()
