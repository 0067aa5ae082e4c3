"""One JSON line a request: how it went, and nothing of what was asked or answered."""

from __future__ import annotations

import sys
from typing import Any, TextIO

import msgspec
import structlog

from shared.http.frame import Exchange, Observer


def access_log(stream: TextIO | None = None) -> Observer:
    """Return what writes a line of each exchange.

    Parameters
    ----------
    stream : text file, optional
        Standard error without it; a service manager keeps what comes there.
    """
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.JSONRenderer(_encode),
        ],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=True,
    )

    def write(exchange: Exchange) -> None:
        logger.info(
            "request",
            method=exchange.method,
            route=exchange.route,
            status=exchange.status,
            milliseconds=round(exchange.seconds * 1000, 3),
            request_id=exchange.request_id,
            key=exchange.key,
            received=exchange.received,
            sent=exchange.sent,
        )

    return write


def _encode(content: dict[str, Any], **_: object) -> str:
    return msgspec.json.encode(content).decode()
