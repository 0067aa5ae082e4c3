"""Clinicians approve the models of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "approvals",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("role", sa.String(200), nullable=False, default=""),
        sa.Column("date", sa.String(32), nullable=False),
        sa.Column("comment", sa.Text, nullable=False, default=""),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("approvals")
