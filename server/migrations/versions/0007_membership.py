"""A hospital's membership can wait for approval, and it can end."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

COLUMNS = ("ended_at", "ended_as", "ended_because", "former_node_id")


def upgrade() -> None:
    """Add how and when it ended; nobody's had before."""
    with op.batch_alter_table("hospitals") as hospitals:
        hospitals.add_column(sa.Column("ended_at", sa.String(32)))
        hospitals.add_column(sa.Column("ended_as", sa.String(16)))
        hospitals.add_column(sa.Column("ended_because", sa.Text))
        hospitals.add_column(sa.Column("former_node_id", sa.String(32)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("hospitals") as hospitals:
        for name in COLUMNS:
            hospitals.drop_column(name)
