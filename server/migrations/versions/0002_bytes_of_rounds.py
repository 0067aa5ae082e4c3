"""Rounds know the bytes each way, and who was served without a stream."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; rounds of before carried an unknown number of bytes, written as 0."""
    with op.batch_alter_table("rounds") as rounds:
        rounds.alter_column("asked", new_column_name="invited")
        for name in ("bytes_sent", "bytes_received"):
            rounds.add_column(sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
        rounds.add_column(sa.Column("without_stream", sa.Text, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take the columns back."""
    with op.batch_alter_table("rounds") as rounds:
        for name in ("without_stream", "bytes_received", "bytes_sent"):
            rounds.drop_column(name)
        rounds.alter_column("invited", new_column_name="asked")
