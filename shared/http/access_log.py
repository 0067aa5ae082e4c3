"""One JSON line a request: how it went, and nothing of what was asked or answered."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from shared.http.frame import Exchange, Observer


def access_log(stream: TextIO | None = None) -> Observer:
    """Return what writes a line of each exchange.

    Parameters
    ----------
    stream : text file, optional
        Standard error without it; a service manager keeps what comes there.
    """
    out = stream or sys.stderr

    def write(exchange: Exchange) -> None:
        line = {
            "method": exchange.method,
            "route": exchange.route,
            "status": exchange.status,
            "milliseconds": round(exchange.seconds * 1000, 3),
            "request_id": exchange.request_id,
            "key": exchange.key,
            "received": exchange.received,
            "sent": exchange.sent,
            "event": "request",
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        # At once and whole: several processes may write to one file.
        out.write(msgspec.json.encode(line).decode() + "\n")
        out.flush()

    return write
