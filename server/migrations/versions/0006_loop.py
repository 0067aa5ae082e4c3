"""The coordinator's loop: queue of runs, watches, candidates, accounts and notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ACTIONS_SQLITE = (
    """
    CREATE TRIGGER actions_are_not_changed BEFORE UPDATE ON actions
    BEGIN SELECT RAISE(ABORT, 'actions are only added'); END
    """,
    """
    CREATE TRIGGER actions_are_not_cut BEFORE DELETE ON actions
    BEGIN SELECT RAISE(ABORT, 'actions are only added'); END
    """,
    # A statement that replaces a row deletes the old one without a word to the trigger above.
    """
    CREATE TRIGGER actions_are_not_replaced BEFORE INSERT ON actions
    WHEN EXISTS (SELECT 1 FROM actions WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'actions are only added'); END
    """,
)
_ACTIONS_POSTGRESQL = (
    """
    CREATE FUNCTION actions_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'actions are only added'; END $$
    """,
    """
    CREATE TRIGGER actions_are_not_changed BEFORE UPDATE OR DELETE ON actions
    FOR EACH ROW EXECUTE FUNCTION actions_are_only_added()
    """,
    """
    CREATE TRIGGER actions_are_not_emptied BEFORE TRUNCATE ON actions
    FOR EACH STATEMENT EXECUTE FUNCTION actions_are_only_added()
    """,
)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "candidates",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "candidate_transitions",
        sa.Column("candidate", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("before", sa.String(32)),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "promotion_tries",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("champion", sa.String(200), nullable=False),
        sa.Column("held_out_after", sa.String(32), nullable=False),
        sa.Column("tried_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "standing_sign_offs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(200), nullable=False),
        sa.Column("given_at", sa.String(32), nullable=False),
        sa.Column("ends_on", sa.String(32), nullable=False),
        sa.Column("largest_class_drop", sa.Float, nullable=False),
        sa.Column("least_gain", sa.Float, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.String(32)),
    )
    op.create_table(
        "run_requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("requested_by", sa.String(200), nullable=False),
        sa.Column("requested_at", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("started_at", sa.String(32)),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("stop_reason", sa.Text, nullable=False),
        sa.Column("key", sa.String(200), unique=True),
    )
    op.create_index(
        "one_running_request",
        "run_requests",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "run_leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("machine", sa.String(200), nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("process_created", sa.Float, nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_table(
        "calendar_slots",
        sa.Column("entry", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("next_at", sa.String(32)),
        sa.Column("last_at", sa.String(32)),
    )
    op.create_table(
        "trigger_marks",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("disabled_at", sa.String(32)),
        sa.Column("signed_in_at", sa.String(32)),
        sa.Column("password_hash", sa.Text),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("oidc_subject", sa.String(255)),
        sa.UniqueConstraint("issuer", "oidc_subject", name="accounts_oidc"),
    )
    op.create_table(
        "account_tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("used_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("account", sa.String(64), nullable=False, index=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("revoked_at", sa.String(32)),
        sa.Column("used_on", sa.String(10)),
    )
    op.create_table(
        "actions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False, index=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("through", sa.String(16), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _ACTIONS_SQLITE if is_sqlite else _ACTIONS_POSTGRESQL:
        op.execute(statement)
    op.create_table(
        "notices",
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("began_at", sa.String(32), nullable=False),
        sa.Column("told_at", sa.String(32), nullable=False),
        sa.Column("resolved_at", sa.String(32)),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.String(32), nullable=False, index=True),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "api_requests",
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("key_digest", sa.String(64), primary_key=True),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
        sa.Column("expires_at", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "watch_answers",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("hospital", sa.String(64), primary_key=True),
        sa.Column("made_at", sa.String(32), nullable=False, index=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "watch_verdicts",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hospital", sa.String(64), nullable=False),
        sa.Column("feature", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("watch_verdicts", "watch_answers", "api_requests"):
        op.drop_table(table)
    for table in ("standing_sign_offs", "promotion_tries", "candidate_transitions", "candidates"):
        op.drop_table(table)
    for table in ("trigger_marks", "calendar_slots", "run_leases", "run_requests"):
        op.drop_table(table)
    for table in ("deliveries", "notices", "actions", "api_tokens", "account_tokens", "accounts"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION actions_are_only_added()")
