"""Keys of the API, answers that are asked for twice, and what waits for a FHIR server."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("revoked", sa.String(32), nullable=False),
    )
    op.create_table(
        "api_repeatable_requests",
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("key_digest", sa.String(64), primary_key=True),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("predictions", sa.Text, nullable=False),
        sa.Column("expires", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "api_write_backs",
        sa.Column("prediction", sa.String(36), primary_key=True),
        sa.Column("patient", sa.String(64), nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("due", sa.String(32), nullable=False, index=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take them back."""
    for table in ("api_write_backs", "api_repeatable_requests", "api_keys"):
        op.drop_table(table)
