"""How often challengers were tried on the same held-out rows, kept in the database."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from server.database import now, promotion_tries


class TryStore:
    """Counts tries.

    A holdout that is used again and again lets a lucky challenger pass. Rows count as fresh where
    they are later in time than an earlier try; without dates, every try against the same model in
    use is one on the same rows.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, run: str, champion: str, held_out_after: str) -> int:
        """Write down a try, unless it is there, and return which one it is on these rows, from 1.

        Parameters
        ----------
        champion : str
            The model in use.
        held_out_after : str
            The day after which all held-out rows are, ISO 8601; empty where they are drawn.
        """
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(promotion_tries).values(
                        run_id=run,
                        champion=champion,
                        held_out_after=held_out_after,
                        tried_at=now(),
                    )
                )
        except IntegrityError:
            pass
        with self._engine.connect() as connection:
            return self._position(connection, run, champion, held_out_after)

    def _position(
        self, connection: Connection, run: str, champion: str, held_out_after: str
    ) -> int:
        query = (
            select(promotion_tries)
            .where(promotion_tries.c.champion == champion)
            .order_by(promotion_tries.c.run_id)
        )
        position = 1
        for row in connection.execute(query):
            if row.run_id >= run:
                break
            if not held_out_after or row.tried_at[:10] > held_out_after:
                position += 1
        return position
