"""The table of API keys."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from client.privacy.tables import metadata

api_keys = Table(
    "api_keys",
    metadata,
    # A name is used once: what was answered to it must stay its own.
    Column("name", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    # With spaces between.
    Column("roles", Text, nullable=False),
    Column("created", String(32), nullable=False),
    Column("revoked", String(32), nullable=False),
)
