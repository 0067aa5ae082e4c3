"""Who may sign in to the node's pages, and the tokens they do it with."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from client.privacy.tables import metadata

people = Table(
    "web_people",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("created", String(32), nullable=False),
)
tokens = Table(
    "web_tokens",
    metadata,
    # SHA-256: who reads the database cannot sign in with it.
    Column("digest", String(64), primary_key=True),
    Column("name", String(120), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("expires", String(32), nullable=False),
)
