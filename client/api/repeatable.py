"""Requests with an ``Idempotency-Key``: asked twice, they are answered once."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import IntegrityError

from client.api.tables import repeatable_requests as requests
from client.audit import new_id
from shared.http.repeating import key_reused, still_in_work


@dataclass(frozen=True)
class Claim:
    """The answers that belong to a request, whether or not they were given before.

    Attributes
    ----------
    ids : tuple of str
        One for each case.
    repeated : bool
    """

    ids: tuple[str, ...]
    repeated: bool = False


class RepeatableRequests:
    """Remembers which answers belong to which key, and to which body.

    The ids of the answers are written down before there are any: after a crash in between, the same
    request is answered under the same ids, or found to be answered.

    Parameters
    ----------
    engine : Engine
        Of the node's database.
    secret : bytes
        Keys and bodies are kept as its HMAC: what a patient's were cannot be tried out.
    valid : timedelta
    """

    def __init__(self, engine: Engine, secret: bytes, valid: timedelta) -> None:
        self._engine = engine
        self._secret = hmac.digest(secret, b"repeatable requests", "sha256")
        self._valid = valid
        self._in_work: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def claim(self, caller: str, key: str | None, body: bytes, count: int) -> Iterator[Claim]:
        """Return the ids of a request's answers, and hold off the same request meanwhile.

        Parameters
        ----------
        key : str or None
            The request's ``Idempotency-Key``.
        body : bytes
            Where it goes, and its content.
        count : int
            How many answers it has.

        Raises
        ------
        ApiError
            409 when the key was used for another body, or its first request is not over.
        SQLAlchemyError
            When the database does not answer.
        """
        if key is None:
            yield Claim(tuple(new_id() for _ in range(count)))
            return
        name = (caller, self._digest(key.encode("utf-8", "surrogateescape")))
        with self._lock:
            if name in self._in_work:
                raise still_in_work()
            self._in_work.add(name)
        try:
            yield self._stored(name, self._digest(body), count)
        finally:
            with self._lock:
                self._in_work.discard(name)

    def _stored(self, name: tuple[str, str], body: str, count: int) -> Claim:
        ids = tuple(new_id() for _ in range(count))
        now = datetime.now(UTC)
        row = {
            "caller": name[0],
            "key_digest": name[1],
            "body_digest": body,
            "predictions": " ".join(ids),
            "expires": _text(now + self._valid),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(requests).where(requests.c.expires <= _text(now)))
                connection.execute(requests.insert(), row)
        except IntegrityError:
            with self._engine.connect() as connection:
                return _earlier(connection, name, body)
        return Claim(ids)

    def _digest(self, content: bytes) -> str:
        return hmac.digest(self._secret, content, "sha256").hex()


def _earlier(connection: Connection, name: tuple[str, str], body: str) -> Claim:
    wanted = (requests.c.caller == name[0]) & (requests.c.key_digest == name[1])
    found = connection.execute(select(requests).where(wanted)).mappings().one()
    if found["body_digest"] != body:
        raise key_reused()
    return Claim(tuple(found["predictions"].split()), repeated=True)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
