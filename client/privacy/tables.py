"""The ledger's table."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text

from shared.database import Schema

metadata = MetaData()
SCHEMA = Schema(
    owner="ledger",
    package="client",
    # The last file in client/migrations/versions; a test holds the two together.
    newest="0005",
    setting="ledger_url in node.toml",
    # What a power cut takes away would count as never spent.
    pragmas=("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("run", String(64), nullable=False, index=True),
    Column("question", String(64), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("mechanism", String(32), nullable=False),
    Column("sensitivity", Float, nullable=False),
    Column("noise_multiplier", Float, nullable=False),
    Column("sampling_rate", Float, nullable=False),
    Column("assumed_honest", Integer, nullable=False),
    Column("epsilon", Float, nullable=False),
    # Numbers of the entries that an answer completes, with commas between.
    Column("answers", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
