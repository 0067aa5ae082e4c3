"""What was told about each subject, and what is still to be sent to whom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from server.database import deliveries, notices
from server.notifications.notice import Notice
from server.notifications.settings import NotificationSettings

Outcome = Literal["waiting", "sent", "given_up", "dropped"]
# After each try that failed; the last one again and again.
PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
GIVE_UP = timedelta(days=3)
KEEP = timedelta(days=90)


@dataclass(frozen=True)
class Delivery:
    """One notice on one way.

    Attributes
    ----------
    id : str
        The same at every try, so that a receiver can tell what it got twice.
    channel : str
    notice : Notice
    made_at : str
    tries : int
    outcome : str
    message : str
        Why the last try failed.
    """

    id: str
    channel: str
    notice: Notice
    made_at: str
    tries: int
    outcome: Outcome
    message: str


class Outbox:
    """Notices and deliveries in the coordinator's database; one process writes it.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(
        self, found: Sequence[Notice], settings: NotificationSettings, now: datetime | None = None
    ) -> int:
        """Take note of what holds now; return how many deliveries that makes.

        What was told already is told again where it changed, held not for a while, or has held for
        longer than the settings say. What does not hold any more is over.
        """
        time = now or datetime.now(UTC)
        with self._engine.begin() as connection:
            known = {row.subject: row for row in connection.execute(select(notices))}
            made = 0
            for each in {notice.subject: notice for notice in found}.values():
                row = known.get(each.subject)
                if row is None or _is_new(row, each, settings, time):
                    _tell(connection, each, settings, time, began=_began(row, time))
                    made += sum(channel.wants(each.kind) for channel in settings.channels)
            over = set(known) - {each.subject for each in found}
            connection.execute(
                update(notices)
                .where(notices.c.subject.in_(over), notices.c.resolved_at.is_(None))
                .values(resolved_at=_text(time))
            )
            _forget(connection, time)
        return made

    def due(self, now: datetime | None = None, most: int = 20) -> list[Delivery]:
        """Return what is to be sent now, the longest waiting first."""
        time = _text(now or datetime.now(UTC))
        return self._read(
            (deliveries.c.outcome == "waiting") & (deliveries.c.next_try_at <= time), most
        )

    def newest(self, most: int = 50) -> list[Delivery]:
        """Return the last deliveries, the newest first."""
        return self._read(None, most)

    def waiting(self) -> int:
        """Return how many deliveries have not been sent yet."""
        query = select(func.count()).where(deliveries.c.outcome == "waiting")
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def holding(self) -> list[tuple[Notice, str]]:
        """Return what holds and was told, with since when; the newest first."""
        query = select(notices).where(notices.c.resolved_at.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(notices.c.began_at.desc())).all()
        return [(Notice.model_validate_json(row.content), str(row.began_at)) for row in rows]

    def sent(self, delivery: Delivery, now: datetime | None = None) -> None:
        """Take note that a delivery arrived."""
        self._end(delivery, "sent", "", now)

    def dropped(self, delivery: Delivery, now: datetime | None = None) -> None:
        """Take note that its way is not there any more."""
        self._end(delivery, "dropped", "The settings do not name this way any more.", now)

    def failed(self, delivery: Delivery, message: str, now: datetime | None = None) -> Outcome:
        """Take note that a try failed; it is tried again for some days."""
        time = now or datetime.now(UTC)
        if time - datetime.fromisoformat(delivery.made_at) > GIVE_UP:
            self._end(delivery, "given_up", message, now)
            return "given_up"
        pause = PAUSES[min(delivery.tries, len(PAUSES) - 1)]
        values = {
            "tries": delivery.tries + 1,
            "next_try_at": _text(time + pause),
            "message": message,
        }
        self._update(delivery, values)
        return "waiting"

    def _end(
        self, delivery: Delivery, outcome: Outcome, message: str, now: datetime | None
    ) -> None:
        ended = _text(now or datetime.now(UTC))
        values = {"tries": delivery.tries + 1, "ended_at": ended}
        self._update(delivery, {**values, "outcome": outcome, "message": message})

    def _update(self, delivery: Delivery, values: dict[str, object]) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.id == delivery.id).values(values)
            )

    def _read(self, condition: object, most: int) -> list[Delivery]:
        query = select(deliveries).limit(most)
        if condition is None:
            query = query.order_by(deliveries.c.made_at.desc(), deliveries.c.id)
        else:
            query = query.where(condition).order_by(  # type: ignore[arg-type]
                deliveries.c.next_try_at, deliveries.c.id
            )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Delivery(
                id=row.id,
                channel=row.channel,
                notice=Notice.model_validate_json(row.content),
                made_at=row.made_at,
                tries=row.tries,
                outcome=row.outcome,
                message=row.message,
            )
            for row in rows
        ]


def _is_new(row: object, notice: Notice, settings: NotificationSettings, now: datetime) -> bool:
    if row.resolved_at is not None or row.fingerprint != notice.fingerprint:  # type: ignore[attr-defined]
        return True
    told = datetime.fromisoformat(row.told_at)  # type: ignore[attr-defined]
    repeat = timedelta(days=settings.repeat_days)
    return bool(repeat) and now - told >= repeat


def _began(row: object, now: datetime) -> str:
    """Since when it holds: what is told again goes on."""
    if row is None or row.resolved_at is not None:  # type: ignore[attr-defined]
        return _text(now)
    return str(row.began_at)  # type: ignore[attr-defined]


def _tell(
    connection: Connection,
    notice: Notice,
    settings: NotificationSettings,
    now: datetime,
    began: str,
) -> None:
    content = notice.model_dump_json()
    connection.execute(delete(notices).where(notices.c.subject == notice.subject))
    connection.execute(
        insert(notices).values(
            subject=notice.subject,
            kind=notice.kind,
            content=content,
            fingerprint=notice.fingerprint,
            began_at=began,
            told_at=_text(now),
        )
    )
    for channel in settings.channels:
        if channel.wants(notice.kind):
            connection.execute(
                insert(deliveries).values(
                    id=str(uuid.uuid4()),
                    channel=channel.name,
                    content=content,
                    made_at=_text(now),
                    tries=0,
                    next_try_at=_text(now),
                    outcome="waiting",
                    message="",
                )
            )


def _forget(connection: Connection, now: datetime) -> None:
    oldest = _text(now - KEEP)
    connection.execute(delete(notices).where(notices.c.resolved_at < oldest))
    connection.execute(delete(deliveries).where(deliveries.c.ended_at < oldest))


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
