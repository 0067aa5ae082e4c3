"""Why nothing can be written down, in words that tell nothing of what was to be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from client.audit.errors import AuditUnavailableError

# What SQLite and PostgreSQL say, and what it means for the administrator.
_CAUSES = (
    (
        ("file is gone",),
        "the database's file is gone",
        "Put the node's database back where it was, and start the node anew.",
    ),
    (("full", "no space"), "the disk is full", "Free space where the node's database is."),
    (
        ("readonly", "read-only"),
        "the database cannot be written to",
        "Give the node the right to write to its database and the folder around it.",
    ),
    (
        ("locked",),
        "another program holds the database",
        "End the program that holds the node's database.",
    ),
    (
        ("disk i/o", "malformed", "not a database"),
        "the disk or the database is damaged",
        "Look after the disk, and restore the database from a backup.",
    ),
)


@contextmanager
def told() -> Iterator[None]:
    """Turn the database's errors into ones that a person can use.

    Raises
    ------
    AuditUnavailableError
        In place of them.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise unavailable(error) from None


def unavailable(error: Exception) -> AuditUnavailableError:
    """Return the error for a person."""
    text = str(getattr(error, "orig", None) or error).casefold()
    for words, cause, fix in _CAUSES:
        if any(word in text for word in words):
            return AuditUnavailableError(f"The audit store is unavailable: {cause}.", fix)
    return AuditUnavailableError(
        f"The audit store is unavailable: the database does not answer ({type(error).__name__}).",
        "Check that the node's database runs and can be reached.",
    )
