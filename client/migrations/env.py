"""What Alembic runs to find the node's tables: the connection it was given."""

from alembic import context

import client.api.tables
import client.audit.tables
import client.daily.tables
import client.review.tables
import client.web.tables  # noqa: F401 - all add their tables to the metadata
from client.privacy.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
