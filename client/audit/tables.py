"""Tables of the audit store: entries that are only added, and their contents."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from client.privacy.tables import metadata

entries = Table(
    "audit_entries",
    metadata,
    # Each writing process has a chain of its own, so that none waits for another's.
    Column("chain", String(36), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("request", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_digest", String(64), nullable=False),
    Column("contract", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("beside", String(36), nullable=False),
    Column("latency_microseconds", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_entries_kind_time", "kind", "time"),
)
# Apart from the chains, so that erasing a patient leaves them whole.
contents = Table(
    "audit_contents",
    metadata,
    Column("chain", String(36), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("patient", String(64), nullable=True, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
