"""What a person is told when a database refuses, without a word of its own message."""

from __future__ import annotations

from shared.errors import DataError

# Classes and states of SQLSTATE, which PostgreSQL gives with every error.
ABSENT_STATES = {"42P01": "table", "3F000": "schema", "42703": "column"}
FORBIDDEN_STATES = {"42501"}
# SQLite and DuckDB have words only.
ABSENT_WORDS = {"no such table": "table", "no such column": "column"}
DUCKDB_ABSENT = {"CatalogException": "table", "BinderException": "column"}
DAMAGED_WORDS = ("disk image is malformed", "file is not a database")


def connection_error(error: Exception, name: str) -> DataError:
    """Return why a database cannot be reached."""
    said = str(getattr(error, "orig", error)).casefold()
    if "authentication failed" in said or "no password supplied" in said:
        return DataError(
            f"{name} refused the user or the password.",
            "Correct them in source.url, or ask the database's administrator.",
        )
    if 'database "' in said and "does not exist" in said:
        fix = "Correct the database's name in source.url."
        return DataError(f"{name}: there is no such database.", fix)
    if "lock" in said:
        fix = "Close the program that writes it, or read a copy."
        return DataError(f"{name} is locked by another program.", fix)
    return DataError(
        f"{name} cannot be reached.",
        "Check that the database runs, and host, port, user and password in source.url.",
    )


def query_error(error: Exception, name: str, fix: str) -> DataError:
    """Return why a query was refused, or ended before its last row.

    Parameters
    ----------
    fix : str
        What to do where the reason is none of the usual ones.
    """
    cause = getattr(error, "orig", error)
    said, state = str(cause).casefold(), getattr(cause, "sqlstate", None) or ""
    absent = ABSENT_STATES.get(state) or DUCKDB_ABSENT.get(type(cause).__name__)
    absent = absent or next((what for words, what in ABSENT_WORDS.items() if words in said), None)
    if absent is not None:
        return DataError(f"{name} has no such {absent} as the query names.", fix)
    if state in FORBIDDEN_STATES:
        grant = "Ask the database's administrator for SELECT on the tables."
        return DataError(f"{name}: the user may not read what the query names.", grant)
    if any(words in said for words in DAMAGED_WORDS):
        return DataError(f"{name} is not a database, or is damaged.", "Restore it from a backup.")
    if getattr(error, "connection_invalidated", False) or state.startswith(("08", "57P")):
        again = "Nothing was loaded; try again when the database runs."
        return DataError(f"{name}: the connection broke before the last row.", again)
    return DataError(f"{name} refused the query.", fix)
