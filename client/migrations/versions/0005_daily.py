"""Which records the daily job has picked up, and what each of its days found."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "daily_records",
        sa.Column("record", sa.String(64), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        sa.Column("patient", sa.String(64), nullable=False, index=True),
        sa.Column("row", sa.BigInteger, nullable=False),
        sa.Column("prediction", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "daily_days",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("finished", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("rows_read", sa.BigInteger, nullable=False),
        sa.Column("problem_count", sa.BigInteger, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take them back."""
    for table in ("daily_days", "daily_records"):
        op.drop_table(table)
