"""What was answered, and what patients turned out to have: entries that only grow in number."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SQLITE = (
    """
    CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'answers are only added'); END
    """,
    """
    CREATE TRIGGER audit_entries_are_not_cut BEFORE DELETE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'answers are only added'); END
    """,
    # A statement that replaces a row deletes the old one without a word to the trigger above.
    """
    CREATE TRIGGER audit_entries_have_no_gaps BEFORE INSERT ON audit_entries
    WHEN NEW.number <> (
        SELECT COALESCE(MAX(number), 0) + 1 FROM audit_entries WHERE chain = NEW.chain
    )
    OR EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'answers are only added'); END
    """,
    # Contents are taken away when a patient is erased or time has passed, and never changed.
    """
    CREATE TRIGGER audit_contents_are_not_changed BEFORE UPDATE ON audit_contents
    BEGIN SELECT RAISE(ABORT, 'answers are only added'); END
    """,
    """
    CREATE TRIGGER audit_contents_are_not_replaced BEFORE INSERT ON audit_contents
    WHEN EXISTS (
        SELECT 1 FROM audit_contents WHERE chain = NEW.chain AND number = NEW.number
    )
    BEGIN SELECT RAISE(ABORT, 'answers are only added'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE FUNCTION answers_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'answers are only added'; END $$
    """,
    """
    CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION answers_are_only_added()
    """,
    """
    CREATE TRIGGER audit_entries_are_not_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION answers_are_only_added()
    """,
    """
    CREATE TRIGGER audit_contents_are_not_changed BEFORE UPDATE ON audit_contents
    FOR EACH ROW EXECUTE FUNCTION answers_are_only_added()
    """,
)


def upgrade() -> None:
    """Create the tables and what keeps answers from being changed."""
    op.create_table(
        "audit_entries",
        sa.Column("chain", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_digest", sa.String(64), nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("beside", sa.String(36), nullable=False),
        sa.Column("latency_microseconds", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_entries_kind_time", "audit_entries", ["kind", "time"])
    op.create_table(
        "audit_contents",
        sa.Column("chain", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("patient", sa.String(64), nullable=True, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("audit_contents")
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION answers_are_only_added()")
