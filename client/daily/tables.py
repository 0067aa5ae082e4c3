"""Tables of the daily job."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from client.privacy.tables import metadata

# Each record that was picked up, by a keyed hash of what it holds.
daily_records = Table(
    "daily_records",
    metadata,
    Column("record", String(64), primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    # Pseudonym; empty where no column tells patients apart.
    Column("patient", String(64), nullable=False, index=True),
    Column("row", BigInteger, nullable=False),
    # The id that its answer has, or will have.
    Column("prediction", String(36), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)
daily_days = Table(
    "daily_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("finished", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("problem_count", BigInteger, nullable=False),
    # JSON: where something is wrong and what was expected, never a value.
    Column("problems", Text, nullable=False),
)
