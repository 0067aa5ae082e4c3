"""Tables of the API beside that of its keys."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from client.api.keys.tables import api_keys as api_keys
from client.privacy.tables import metadata

# What a request with an Idempotency-Key was answered with; its content only as a keyed hash.
repeatable_requests = Table(
    "api_repeatable_requests",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("body_digest", String(64), nullable=False),
    # Ids, with spaces between.
    Column("predictions", Text, nullable=False),
    Column("expires", String(32), nullable=False, index=True),
)
# RiskAssessments that a FHIR server has not taken yet, encrypted.
write_backs = Table(
    "api_write_backs",
    metadata,
    Column("prediction", String(36), primary_key=True),
    Column("patient", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", String(32), nullable=False),
    Column("due", String(32), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("problem", Text, nullable=False),
)
