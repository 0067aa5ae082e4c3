"""What clinicians decided about records, which only grows; the queue; who may sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    """
    CREATE TRIGGER review_entries_are_not_changed BEFORE UPDATE ON review_entries
    BEGIN SELECT RAISE(ABORT, 'decisions are only added'); END
    """,
    """
    CREATE TRIGGER review_entries_are_not_cut BEFORE DELETE ON review_entries
    BEGIN SELECT RAISE(ABORT, 'decisions are only added'); END
    """,
    # A statement that replaces a row deletes the old one without a word to the trigger above.
    """
    CREATE TRIGGER review_entries_have_no_gaps BEFORE INSERT ON review_entries
    WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM review_entries)
    BEGIN SELECT RAISE(ABORT, 'decisions are only added'); END
    """,
    # Contents are taken away when a patient is erased, and never changed.
    """
    CREATE TRIGGER review_contents_are_not_changed BEFORE UPDATE ON review_contents
    BEGIN SELECT RAISE(ABORT, 'decisions are only added'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE FUNCTION decisions_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'decisions are only added'; END $$
    """,
    """
    CREATE TRIGGER review_entries_are_not_changed BEFORE UPDATE OR DELETE ON review_entries
    FOR EACH ROW EXECUTE FUNCTION decisions_are_only_added()
    """,
    """
    CREATE TRIGGER review_entries_are_not_emptied BEFORE TRUNCATE ON review_entries
    FOR EACH STATEMENT EXECUTE FUNCTION decisions_are_only_added()
    """,
    """
    CREATE TRIGGER review_contents_are_not_changed BEFORE UPDATE ON review_contents
    FOR EACH ROW EXECUTE FUNCTION decisions_are_only_added()
    """,
)


def upgrade() -> None:
    """Create the tables and what keeps decisions from being changed."""
    op.create_table(
        "review_entries",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(32), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("item", sa.String(64), nullable=False, index=True),
        sa.Column("request", sa.String(64), nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "review_contents",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.String(64), nullable=False, index=True),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "review_items",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(64), nullable=False, index=True),
        sa.Column("harm", sa.Float, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "web_people",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )
    op.create_table(
        "web_tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("expires", sa.String(32), nullable=False),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for table in ("web_tokens", "web_people", "review_items", "review_contents", "review_entries"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decisions_are_only_added()")
