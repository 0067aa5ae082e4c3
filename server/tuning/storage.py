"""Where Optuna keeps its tables: beside the coordinator's, on the same database engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text

from server.home import CoordinatorHome

if TYPE_CHECKING:
    import optuna

SCHEMA = "tuning"


def tuning_storage(home: CoordinatorHome) -> optuna.storages.RDBStorage:
    """Open the storage of all studies of a coordinator.

    Optuna versions its tables in one named as ours is, so they get a schema of their own; SQLite
    has no schemas, there it is a file.
    """
    import optuna

    url = make_url(home.database_url)
    if url.get_backend_name() != "postgresql":
        return optuna.storages.RDBStorage(f"sqlite:///{home.path / 'tuning.db'}")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    engine.dispose()
    options = {"connect_args": {"options": f"-csearch_path={SCHEMA}"}}
    return optuna.storages.RDBStorage(
        url.render_as_string(hide_password=False), engine_kwargs=options
    )
