"""Sign-offs given in advance, in the coordinator's database; they are withdrawn, never changed."""

from __future__ import annotations

import datetime

from sqlalchemy import Engine, insert, select, update

from server.database import now, standing_sign_offs
from server.promotion.sign_off import StandingSignOff
from shared.errors import SettingsError


class SignOffStore:
    """Reads and writes standing sign-offs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(
        self,
        name: str,
        ends_on: datetime.date,
        *,
        role: str = "",
        largest_class_drop: float = 0.0,
        least_gain: float = 0.0,
        comment: str = "",
    ) -> StandingSignOff:
        """Write down that somebody signs in advance.

        Raises
        ------
        SettingsError
            When it would have ended already.
        """
        if ends_on < datetime.datetime.now(datetime.UTC).date():
            raise SettingsError(f"{ends_on} is past.", "Give a later day with --until.")
        values = {
            "name": name,
            "role": role,
            "given_at": now(),
            "ends_on": ends_on.isoformat(),
            "largest_class_drop": largest_class_drop,
            "least_gain": least_gain,
            "comment": comment,
        }
        with self._engine.begin() as connection:
            key = connection.execute(
                insert(standing_sign_offs).values(**values)
            ).inserted_primary_key
        return StandingSignOff.model_validate({"id": key[0] if key else 0, **values})

    def withdraw(self, identifier: int) -> StandingSignOff:
        """End a sign-off today.

        Raises
        ------
        SettingsError
            When there is none that holds.
        """
        query = update(standing_sign_offs).where(
            standing_sign_offs.c.id == identifier, standing_sign_offs.c.withdrawn_at.is_(None)
        )
        with self._engine.begin() as connection:
            done = connection.execute(query.values(withdrawn_at=now()))
        if not done.rowcount:
            raise SettingsError(
                f"There is no standing sign-off {identifier}.",
                "`juntos coordinator sign-off list` lists them.",
            )
        return next(each for each in self.all() if each.id == identifier)

    def all(self) -> list[StandingSignOff]:
        """Return every sign-off, the oldest first."""
        query = select(standing_sign_offs).order_by(standing_sign_offs.c.id)
        with self._engine.connect() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [StandingSignOff.model_validate(row) for row in rows]

    def holding(self, day: datetime.date) -> list[StandingSignOff]:
        """Return those that may be used on a day."""
        return [each for each in self.all() if each.holds_on(day)]
