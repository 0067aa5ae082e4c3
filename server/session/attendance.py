"""Who is in the session: inviting hospitals, and noticing who left."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable

import httpx
from flwr.app import Error, Message
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid
from sqlalchemy.exc import SQLAlchemyError

from server.session.attendee import Attendee
from server.session.correspondence import Correspondence
from server.session.guest import Guest, Standing
from server.session.listener import Endpoint, SessionListener
from server.session.service import SessionService
from server.session.shared_grid import SharedGrid
from server.session.traffic import Traffic
from shared.session import event_loop
from shared.session.invitation import Invitation, invitation_message
from shared.session.settings import SessionSettings

log = logging.getLogger("juntos.coordinator")

WATCH_SECONDS = 2.0
GOODBYE_SECONDS = 2.0
MEMBER_NO_MORE = "it is a member of the federation no more"


class Attendance:
    """Keeps one guest for each node of the federation that was ever seen online.

    Three threads meet here: the caller's, the event loop's on which the streams live, and one that
    watches for nodes that come and go. Everything they share is behind one condition.

    Attributes
    ----------
    traffic : Traffic
    correspondence : Correspondence
    """

    def __init__(
        self,
        flower: Grid,
        endpoint: Endpoint,
        settings: SessionSettings,
        join_timeout: float,
        ended: Callable[[], set[int]] = set,
    ) -> None:
        self._ended = ended
        self.traffic = Traffic()
        self._flower = SharedGrid(flower)
        self._endpoint = endpoint
        self._settings = settings
        self._join_timeout = join_timeout
        self._condition = threading.Condition()
        self._guests: dict[int, Guest] = {}
        self._attendees: dict[int, Attendee] = {}
        self.correspondence = Correspondence(self._flower, self._attendees, self.traffic)
        self._closing = threading.Event()
        self._step_lock = threading.Lock()
        self._listener = SessionListener(endpoint, self._service())
        self._listener.start()
        self._watch = threading.Thread(target=self._keep_watching, name="attendance", daemon=True)
        self._watch.start()

    def _service(self) -> SessionService:
        limit = self._settings.maximum_message_bytes
        return SessionService(self._attendees, limit, self.traffic, self._stream_changed)

    def close(self) -> None:
        """Say goodbye to all and stop."""
        self._closing.set()
        self._watch.join()
        event_loop.do(self._say_goodbye)
        deadline = time.monotonic() + GOODBYE_SECONDS
        while self._any_stream() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._listener.close()

    def _say_goodbye(self) -> None:
        for attendee in self._attendees.values():
            attendee.say_goodbye()

    def _any_stream(self) -> bool:
        return any(attendee.stream is not None for attendee in self._attendees.values())

    def present(self) -> list[int]:
        """Return the nodes that can be asked now."""
        with self._condition:
            return [
                node
                for node, guest in self._guests.items()
                if guest.standing in (Standing.ATTENDING, Standing.WITHOUT)
            ]

    @property
    def without_stream(self) -> dict[int, str]:
        """Nodes asked by Flower's own messages, with the reason."""
        with self._condition:
            return {
                node: guest.reason
                for node, guest in self._guests.items()
                if guest.standing is Standing.WITHOUT
            }

    def attends(self, node: int) -> bool:
        """Return whether a node's messages go by stream."""
        with self._condition:
            guest = self._guests.get(node)
            return guest is not None and guest.standing in (
                Standing.ATTENDING,
                Standing.AWAY,
                Standing.INVITED,
            )

    def gather(self) -> None:
        """Wait until nobody who is online is still on the way in."""
        self._step()
        with self._condition:
            self._condition.wait_for(
                lambda: not any(guest.arriving for guest in self._guests.values()),
                timeout=self._join_timeout + WATCH_SECONDS,
            )
        # Everything imported stays for the whole run; collections need not look through it again.
        gc.collect()
        gc.freeze()

    def _stream_changed(self, node: int) -> None:
        with self._condition:
            self._guests[node].stream_changed()
            self._condition.notify_all()

    def _keep_watching(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            self._cut_off()
            self._step()

    def _cut_off(self) -> None:
        """Ask hospitals nothing more whose membership has ended, whatever they were doing."""
        try:
            ended = self._ended()
        except SQLAlchemyError as error:
            log.warning("who is a member cannot be read (%s)", type(error).__name__)
            return
        with self._condition:
            found = [
                guest
                for node, guest in self._guests.items()
                if node in ended and guest.standing is not Standing.DISMISSED
            ]
            for guest in found:
                guest.standing, guest.reason = Standing.DISMISSED, MEMBER_NO_MORE
            self._condition.notify_all()
        if found:
            event_loop.do(lambda: _dismiss(found))

    def _step(self) -> None:
        """Invite who is new or back, hear who ended, give up what nobody will answer."""
        with self._step_lock:
            try:
                online = self._flower.online()
                self._hear_answers()
                self._note_absence(online)
                self._invite(online)
            except (httpx.HTTPError, OSError) as error:
                # Streams live on without the SuperLink; it is asked again in a moment.
                log.warning("the SuperLink does not answer (%s)", type(error).__name__)

    def _hear_answers(self) -> None:
        out = {guest.invitation: guest for guest in self._guests.values() if guest.invitation}
        answers = self._flower.pull(out)
        with self._condition:
            for answer in answers:
                guest = out[answer.metadata.reply_to_message_id]
                reason, unavailable = _what_it_says(answer)
                guest.answered(reason, unavailable=unavailable)
            self._condition.notify_all()

    def _note_absence(self, online: set[int]) -> None:
        lost = []
        with self._condition:
            for node, guest in self._guests.items():
                guest.expire(self._join_timeout)
                if node not in online and guest.standing in (Standing.AWAY, Standing.WITHOUT):
                    guest.standing = Standing.GONE
                    guest.reason = "its node cannot be reached any more"
                if guest.standing is Standing.GONE and guest.attendee.questions:
                    lost.append(guest)
            self._condition.notify_all()
        if lost:
            event_loop.do(lambda: _give_up(lost))
        if any(attendee.overdue() for attendee in list(self._attendees.values())):
            event_loop.do(lambda: _expire(list(self._attendees.values())))

    def _invite(self, online: set[int]) -> None:
        limit = self._settings.maximum_message_bytes
        for node in sorted(online):
            guest = self._guests.get(node)
            if guest is None:
                guest = Guest(Attendee(node, limit, self.correspondence.deliver))
                self._attendees[node] = guest.attendee
                with self._condition:
                    self._guests[node] = guest
            with self._condition:
                invited = guest.may_be_invited()
                if invited:
                    guest.about_to_be_invited()
            if invited:
                self._send_invitation(guest)

    def _send_invitation(self, guest: Guest) -> None:
        try:
            identifiers = self._flower.push([invitation_message(self._invitation(guest.attendee))])
        except BaseException:
            with self._condition:
                guest.invitation_failed()
            raise
        with self._condition:
            guest.invitation = identifiers[0]

    def _invitation(self, attendee: Attendee) -> Invitation:
        return Invitation(
            address=self._endpoint.address,
            authority=self._endpoint.authority.decode("ascii"),
            token=event_loop.do(lambda: attendee.new_token(self._join_timeout)),
            node=attendee.node,
            connect_seconds=min(self._settings.connect_timeout, self._join_timeout),
            reconnect_seconds=self._settings.reconnect_timeout,
            maximum_message_bytes=self._settings.maximum_message_bytes,
            compress=self._settings.compress,
        )


def _what_it_says(answer: Message) -> tuple[str, bool]:
    """Return why a session ended, and whether its node is gone."""
    if answer.has_error():
        return answer.error.reason or "error", answer.error.code == ErrorCode.NODE_UNAVAILABLE
    return "its process ended", False


def _dismiss(guests: list[Guest]) -> None:
    for guest in guests:
        guest.attendee.dismiss(MEMBER_NO_MORE)


def _give_up(guests: list[Guest]) -> None:
    for guest in guests:
        if guest.attendee.stream is None:
            guest.attendee.fail_all(guest.reason or "its process ended before it answered")


def _expire(attendees: list[Attendee]) -> None:
    error = Error(ErrorCode.MESSAGE_UNAVAILABLE, "no answer within its time to live")
    for attendee in attendees:
        for identifier in attendee.overdue():
            attendee.fail(identifier, error)
