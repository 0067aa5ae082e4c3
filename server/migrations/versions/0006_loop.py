"""The coordinator's loop: queue of runs, watches, candidates, accounts and notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


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


def downgrade() -> None:
    """Remove them."""
    for table in ("standing_sign_offs", "promotion_tries", "candidate_transitions", "candidates"):
        op.drop_table(table)
