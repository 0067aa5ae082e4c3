"""Tables of the review: entries that are only added, their contents, and the queue."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, String, Table, Text

from client.privacy.tables import metadata

entries = Table(
    "review_entries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False),
    Column("reader", Text, nullable=False),
    # Of what question; empty for rules and what undoes.
    Column("item", String(64), nullable=False, index=True),
    # Made when the form was: what is sent twice is written once.
    Column("request", String(64), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
# Apart from the chain, so that erasing a patient leaves it whole.
contents = Table(
    "review_contents",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String(64), nullable=False, index=True),
    Column("salt", String(64), nullable=False),
    Column("content", Text, nullable=False),
)
items = Table(
    "review_items",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", String(64), nullable=False, index=True),
    Column("harm", Float, nullable=False),
    Column("content", Text, nullable=False),
)
