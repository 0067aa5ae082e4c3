"""A public collection of cases is told from a hospital's patients."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the mark; nobody had it before."""
    with op.batch_alter_table("hospitals") as hospitals:
        hospitals.add_column(
            sa.Column("is_public", sa.Boolean, nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("hospitals") as hospitals:
        hospitals.drop_column("is_public")
