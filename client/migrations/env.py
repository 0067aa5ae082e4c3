"""What Alembic runs to find the ledger: the connection it was given."""

from alembic import context

from client.privacy.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
