"""Where the node's tables are."""

from __future__ import annotations

from sqlalchemy import URL

from client.home import NodeHome


def database_url(home: NodeHome) -> str | URL:
    """Return the database of the ledger, the review and the audit store."""
    own = URL.create("sqlite", database=str(home.path / "ledger.db"))
    return home.settings.ledger_url or own
