"""One invited hospital: how it proves itself, and what it has still to answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flwr.app import Error, Message
from flwr.common.constant import ErrorCode

from shared.errors import JuntosError
from shared.questions import REFUSED
from shared.session.messages import head_bytes, read_message
from shared.session.parts import Assembly, CutContent
from shared.session.session_pb2 import FromCoordinator, Goodbye, Hello, Part, Stored, Withdrawn

ACKNOWLEDGE_SECONDS = 0.25


class RefusedStreamError(JuntosError):
    """A stream from someone who cannot prove to be the invited hospital."""


@dataclass
class Question:
    """A message that waits for its answer.

    Attributes
    ----------
    deadline : float
        On the monotonic clock.
    sent : bool
        Whether it went out whole on some stream.
    """

    message: Message
    content: CutContent
    deadline: float
    sent: bool = False


@dataclass
class Attendee:
    """What the coordinator knows of one hospital's session; lives on the event loop's thread.

    Attributes
    ----------
    node : int
    limit : int
        Bytes an answer may have.
    deliver : callable
        Takes the id of a question and its answer.
    """

    node: int
    limit: int
    deliver: Callable[[str, Message], None]
    questions: dict[str, Question] = field(default_factory=dict)
    outgoing: deque[Iterator[FromCoordinator]] = field(default_factory=deque)
    # The task that serves the open stream.
    stream: asyncio.Task[None] | None = None
    _acknowledged: list[str] = field(default_factory=list)
    _token: bytes = b""
    _token_expires: float = 0.0
    _secret: bytes = b""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _assembly: Assembly | None = None

    def new_token(self, seconds: float) -> str:
        """Make a token that works once, within some seconds; any earlier one works no more."""
        token = secrets.token_urlsafe(32)
        self._token, self._token_expires = _digest(token), time.monotonic() + seconds
        return token

    def admit(self, hello: Hello, stream: asyncio.Task[None]) -> None:
        """Take a stream as this hospital's, in place of any earlier one.

        Raises
        ------
        RefusedStreamError
            When neither the token nor the agreed secret is right.
        """
        secret = _digest(hello.secret)
        known = bool(self._secret) and hmac.compare_digest(secret, self._secret)
        if not known:
            self._redeem(hello)
            # The process that held the earlier secret is gone, with all it was doing.
            self.fail_sent("its process ended before it answered")
            self._secret = secret
        if self.stream is not None:
            self.stream.cancel()
        self.stream = stream
        self._assembly = Assembly(self.limit)
        self.outgoing.clear()
        held = set(hello.held) if known else set()
        for identifier, question in self.questions.items():
            if identifier not in held:
                self._send_question(identifier, question)
        self._wake.set()

    def _redeem(self, hello: Hello) -> None:
        if len(hello.secret) < 32:
            raise RefusedStreamError("a stream without a secret")
        right = bool(self._token) and hmac.compare_digest(_digest(hello.token), self._token)
        if not right:
            raise RefusedStreamError("the token is wrong, or was used before")
        self._token = b""
        if time.monotonic() > self._token_expires:
            raise RefusedStreamError("the token has expired")

    def leave(self, stream: asyncio.Task[None]) -> None:
        """Take note that a stream ended; one that was replaced changes nothing."""
        if self.stream is stream:
            self.stream = None
            self.outgoing.clear()

    def ask(self, question: Question) -> None:
        """Send a question, now or when the hospital is back."""
        identifier = question.message.metadata.message_id
        self.questions[identifier] = question
        if self.stream is not None:
            self._send_question(identifier, question)

    def _send_question(self, identifier: str, question: Question) -> None:
        self._send(self._question_frames(identifier, question))

    def _question_frames(self, identifier: str, question: Question) -> Iterator[FromCoordinator]:
        seconds = question.deadline - time.monotonic()
        for part in question.content.parts(identifier, head_bytes(question.message), seconds):
            # Withdrawn half-way: the hospital drops what it has of it.
            if identifier not in self.questions:
                return
            question.sent = question.sent or part.last
            part.stored.extend(self._acknowledged)
            self._acknowledged.clear()
            yield FromCoordinator(question=part)

    def withdraw(self, identifier: str) -> None:
        """Wait for an answer no more."""
        if self.questions.pop(identifier, None) is not None and self.stream is not None:
            self._send(iter([FromCoordinator(withdrawn=Withdrawn(message_id=identifier))]))

    def say_goodbye(self) -> None:
        """Let the hospital end its session."""
        self._send(iter([FromCoordinator(goodbye=Goodbye())]))

    def _send(self, frames: Iterator[FromCoordinator]) -> None:
        self.outgoing.append(frames)
        self._wake.set()

    async def next_frames(self) -> Iterator[FromCoordinator]:
        """Wait for something to send, and return it in parts."""
        while not self.outgoing:
            self._wake.clear()
            await self._wake.wait()
        return self.outgoing.popleft()

    def take(self, part: Part) -> None:
        """Take a part of an answer; a whole one is delivered, once."""
        if self._assembly is None:
            return
        identifier = part.message_id
        try:
            whole = self._assembly.add(part)
            answer = None if whole is None else read_message(whole[1])
        except JuntosError as error:
            self._acknowledge(identifier)
            self.fail(identifier, Error(REFUSED, f"its answer was refused: {error.what}"))
            return
        if answer is None:
            return
        self._acknowledge(identifier)
        question = self.questions.pop(identifier, None)
        if question is not None:
            self.deliver(identifier, _in_reply(answer, question.message))

    def _acknowledge(self, identifier: str) -> None:
        """Say that an answer is here: with the next question, or in a moment if none follows."""
        self._acknowledged.append(identifier)
        if len(self._acknowledged) == 1:
            asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._send_acknowledgements)

    def _send_acknowledgements(self) -> None:
        frames = [FromCoordinator(stored=Stored(message_id=each)) for each in self._acknowledged]
        self._acknowledged.clear()
        if frames and self.stream is not None:
            self._send(iter(frames))

    def fail(self, identifier: str, error: Error) -> None:
        """Answer a question with an error in the hospital's place."""
        question = self.questions.pop(identifier, None)
        if question is not None:
            self.deliver(identifier, Message(error, reply_to=question.message))

    def overdue(self) -> list[str]:
        """Return the questions whose time is over."""
        now = time.monotonic()
        return [each for each, question in list(self.questions.items()) if question.deadline < now]

    def fail_sent(self, reason: str) -> None:
        """Give up the questions that reached a process which is gone: none is asked twice."""
        for identifier in [each for each, question in self.questions.items() if question.sent]:
            self.fail(identifier, Error(ErrorCode.NODE_UNAVAILABLE, reason))

    def dismiss(self, reason: str) -> None:
        """Cut the stream, give up every question, and let nobody in again under this name."""
        self._token, self._secret = b"", b""
        if self.stream is not None:
            self.stream.cancel()
        self.fail_all(reason)

    def fail_all(self, reason: str) -> None:
        """Give up every question."""
        for identifier in list(self.questions):
            self.fail(identifier, Error(ErrorCode.NODE_UNAVAILABLE, reason))


def _in_reply(answer: Message, question: Message) -> Message:
    """Return an answer as the reply it is: only its content or error is the hospital's to say."""
    if answer.has_error():
        return Message(answer.error, reply_to=question)
    return Message(answer.content, reply_to=question)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
