"""Logs as one JSON object a line, for whatever collects them."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import msgspec


def write_json_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Have this process write what it logs as JSON.

    Parameters
    ----------
    stream : text file, optional
        Standard error without it; a service manager keeps what comes there.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(json_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("alembic", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def json_file(path: Path) -> logging.Handler:
    """Return what writes to the end of a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(json_formatter())
    return handler


def json_formatter() -> logging.Formatter:
    """Return what writes ``event``, ``level``, ``logger`` and ``time``.

    Of an exception only its kind is written: what it says, and the lines it went through, may hold
    a patient's values.
    """
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            _only_the_kind_of_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
    )


def _only_the_kind_of_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(found, tuple) and found[0] is not None:
        event["exception"] = found[0].__name__
    elif isinstance(found, BaseException):
        event["exception"] = type(found).__name__
    return event


def _json(event: dict[str, Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
