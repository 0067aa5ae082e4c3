"""The contract changes, and hospitals accept its versions one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "contracts",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.String(32), nullable=False),
        sa.Column("published_at", sa.String(32)),
        sa.Column("number", sa.Integer, unique=True),
    )
    op.create_table(
        "contract_acceptances",
        sa.Column("hospital", sa.String(64), primary_key=True),
        sa.Column("contract_hash", sa.String(64), primary_key=True),
        sa.Column("accepted_at", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table("contract_acceptances")
    op.drop_table("contracts")
