"""The coordinator's tables."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from shared.database import Schema

metadata = MetaData()
SCHEMA = Schema(
    owner="coordinator's database",
    package="server",
    # The last file in server/migrations/versions; a test holds the two together.
    newest="0007",
    setting="database_url in coordinator.toml",
    first="0001",
    first_table="hospitals",
)

# Node and run identifiers are text: Flower's are unsigned 64-bit numbers, which SQL has not.
hospitals = Table(
    "hospitals",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("token_expires_at", String(32), nullable=False),
    Column("enrolled_at", String(32), nullable=False),
    Column("joined_at", String(32)),
    Column("public_key", Text),
    Column("certificate_serial", String(64)),
    Column("node_id", String(32), unique=True),
    Column("is_public", Boolean, nullable=False, server_default=false()),
    Column("ended_at", String(32)),
    Column("ended_as", String(16)),
    Column("ended_because", Text),
    # Of a member no more: a run that goes on must know whom to cut off.
    Column("former_node_id", String(32)),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("flower_run_id", String(32)),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32)),
    Column("status", String(32), nullable=False),
    Column("settings", Text, nullable=False),
    Column("contract_hash", String(64), nullable=False),
    Column("result", Text),
    Column("message", Text, nullable=False, default=""),
)

# The lists of hospitals are JSON texts.
rounds = Table(
    "rounds",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("question", String(64), nullable=False),
    Column("model", String(64), nullable=False, default=""),
    Column("round_number", Integer, nullable=False, default=0),
    Column("invited", Text, nullable=False),
    Column("answered", Text, nullable=False),
    Column("left_out", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("bytes_sent", BigInteger, nullable=False, server_default="0"),
    Column("bytes_received", BigInteger, nullable=False, server_default="0"),
    Column("without_stream", Text, nullable=False, server_default="{}"),
    Column("loss", Float),
)

approvals = Table(
    "approvals",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("role", String(200), nullable=False, default=""),
    Column("date", String(32), nullable=False),
    Column("comment", Text, nullable=False, default=""),
)

# Proposed versions of the contract, and published ones, which are numbered in their order.
contracts = Table(
    "contracts",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("proposed_at", String(32), nullable=False),
    Column("published_at", String(32)),
    Column("number", Integer, unique=True),
)

contract_acceptances = Table(
    "contract_acceptances",
    metadata,
    Column("hospital", String(64), primary_key=True),
    Column("contract_hash", String(64), primary_key=True),
    Column("accepted_at", String(32), nullable=False),
)


# Models on their way to the hospitals; `revision` lets one of two people who decide at once win.
candidates = Table(
    "candidates",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("since", String(32), nullable=False),
    Column("content", Text, nullable=False),
)

candidate_transitions = Table(
    "candidate_transitions",
    metadata,
    Column("candidate", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("before", String(32)),
    Column("after", String(32), nullable=False),
    Column("at", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

# Challengers that were tried on held-out rows: repeated tries on the same rows are held stricter.
promotion_tries = Table(
    "promotion_tries",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("champion", String(200), nullable=False),
    Column("held_out_after", String(32), nullable=False, default=""),
    Column("tried_at", String(32), nullable=False),
)

standing_sign_offs = Table(
    "standing_sign_offs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(200), nullable=False, default=""),
    Column("given_at", String(32), nullable=False),
    Column("ends_on", String(32), nullable=False),
    Column("largest_class_drop", Float, nullable=False),
    Column("least_gain", Float, nullable=False),
    Column("comment", Text, nullable=False, default=""),
    Column("withdrawn_at", String(32)),
)


# Runs that were asked for. `key` names what was asked for, so that nothing is asked for twice.
run_requests = Table(
    "run_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("settings", Text, nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("requested_at", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("run_id", String(64)),
    Column("started_at", String(32)),
    Column("ended_at", String(32)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message", Text, nullable=False, default=""),
    Column("stop_reason", Text, nullable=False, default=""),
    Column("key", String(200), unique=True),
)
# One run at a time, whoever starts it.
Index(
    "one_running_request",
    run_requests.c.status,
    unique=True,
    sqlite_where=run_requests.c.status == "running",
    postgresql_where=run_requests.c.status == "running",
)

# Who looks after the run that goes on, and until when unless they say so again.
run_leases = Table(
    "run_leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("token", String(64), nullable=False),
    Column("holder", String(200), nullable=False),
    Column("machine", String(200), nullable=False),
    Column("process", Integer, nullable=False),
    Column("process_created", Float, nullable=False),
    Column("since", String(32), nullable=False),
    Column("until", Float, nullable=False),
)

calendar_slots = Table(
    "calendar_slots",
    metadata,
    Column("entry", String(64), primary_key=True),
    Column("rule", String(200), nullable=False),
    Column("next_at", String(32)),
    Column("last_at", String(32)),
)

# What a trigger has seen last, for those that fire when something changes.
trigger_marks = Table(
    "trigger_marks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("since", String(32), nullable=False),
)


# Who may sign in; `issuer` and `oidc_subject` are those of an identity provider.
accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("disabled_at", String(32)),
    Column("signed_in_at", String(32)),
    Column("password_hash", Text),
    Column("issuer", String(200), nullable=False, default=""),
    Column("oidc_subject", String(255)),
    UniqueConstraint("issuer", "oidc_subject", name="accounts_oidc"),
)

# Sessions, links that sign in once, and browsers known from before; SHA-256 of each alone is kept.
account_tokens = Table(
    "account_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("used_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    # A name is used once: what was done with it must stay its own.
    Column("name", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("account", String(64), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
    Column("used_on", String(10)),
)

# Who did what; triggers keep entries from being changed or taken out.
actions = Table(
    "actions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", String(32), nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("through", String(16), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),
)

# What was said last about each subject, and what is still to be sent to whom.
notices = Table(
    "notices",
    metadata,
    Column("subject", String(200), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("began_at", String(32), nullable=False),
    Column("told_at", String(32), nullable=False),
    Column("resolved_at", String(32)),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", String(32), nullable=False, index=True),
    Column("ended_at", String(32)),
    Column("outcome", String(16), nullable=False),
    Column("message", Text, nullable=False),
)

# What a request with an Idempotency-Key was answered with; without an answer while it is in work.
api_requests = Table(
    "api_requests",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("body_digest", String(64), nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Column("expires_at", String(32), nullable=False, index=True),
)

# One row for each hospital that answered, and one with an empty name about the whole watch.
watch_answers = Table(
    "watch_answers",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("hospital", String(64), primary_key=True),
    Column("made_at", String(32), nullable=False, index=True),
    Column("content", Text, nullable=False),
)

watch_verdicts = Table(
    "watch_verdicts",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("made_at", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("hospital", String(64), nullable=False),
    Column("feature", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("content", Text, nullable=False),
)


def now() -> str:
    """Return the time as it is written in every table: UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def open_database(url: str) -> Engine:
    """Connect, and bring the tables to the schema of this release.

    Parameters
    ----------
    url : str
        As SQLAlchemy reads it, for example ``sqlite:////srv/juntos/coordinator.db``.

    Raises
    ------
    SettingsError
        When the database cannot be opened.
    """
    return SCHEMA.open(url)
