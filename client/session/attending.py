"""Answering a whole run on one stream, in one process."""

from __future__ import annotations

import gc
import logging
import traceback

from flwr.app import Context, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from client.session.questions import Questions, Received
from client.session.stream import Stream
from shared.errors import JuntosError
from shared.questions import REFUSED
from shared.session.invitation import Invitation
from shared.session.messages import content_bytes, head_bytes, read_message
from shared.session.parts import CutContent, OversizedMessageError, refuse_oversized

log = logging.getLogger("juntos.node")


def attend(invitation: Invitation, app: ClientApp, context: Context) -> RecordDict:
    """Answer questions with an app until the coordinator says goodbye.

    Returns
    -------
    RecordDict
        How many questions were answered.

    Raises
    ------
    ConnectionRefusedByPeerError
        When no stream can be opened, or opened again.
    """
    # Everything imported stays for the whole run; collections need not look through it again.
    gc.collect()
    gc.freeze()
    questions = Questions()
    stream = Stream(invitation, questions)
    try:
        while (received := questions.next()) is not None:
            answer = _encoded(_answer(received, app, context), stream.answer_limit, invitation)
            questions.keep(received.message_id, answer)
            stream.send(received.message_id, answer)
    finally:
        stream.close()
    return RecordDict({"session": MetricRecord({"answered": questions.answered})})


def _answer(received: Received, app: ClientApp, context: Context) -> Message:
    question = read_message(received.data)
    kind = question.metadata.message_type
    log.info("asked %s", kind)
    try:
        return app(question, context)
    except JuntosError as error:
        return Message(Error(REFUSED, error.what), reply_to=question)
    except Exception as error:
        # The message of an exception may hold a patient's value; its kind and place do not.
        frames = traceback.extract_tb(error.__traceback__)
        places = "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        log.error("%s failed: %s\n%s", kind, type(error).__name__, places)
        reason = f"{type(error).__name__} while answering {kind}; the hospital's log has the place"
        code = ErrorCode.CLIENT_APP_RAISED_EXCEPTION
        return Message(Error(code, reason), reply_to=question)


def _encoded(answer: Message, limit: int, invitation: Invitation) -> CutContent:
    content = content_bytes(answer)
    try:
        refuse_oversized(len(content), limit)
    except OversizedMessageError as error:
        log.warning("not sent: %s", error)
        answer = Message(Error(REFUSED, error.what), reply_to=answer)
        content = b""
    return CutContent(head_bytes(answer) + content, compress=invitation.compress)
