"""The coordinator's loop: queue of runs, watches, candidates, accounts and notifications."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""


def downgrade() -> None:
    """Remove them."""
