"""A ClientApp that can attend a session; what it answers is another ClientApp's business."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flwr.app import Context, Error, Message
from flwr.clientapp import ClientApp

from client.session.attending import attend
from shared.errors import ConnectionRefusedByPeerError, JuntosError
from shared.questions import REFUSED
from shared.session.invitation import INVITATION, read_invitation

log = logging.getLogger("juntos.node")


class SessionClientApp(ClientApp):
    """Wraps any ClientApp: an invitation opens a session, everything else is passed on.

    Parameters
    ----------
    app : ClientApp
        Answers the questions, in the session and outside.
    authority : callable, optional
        Returns the PEM of the only authority this hospital trusts, for a Flower context; without
        it the invitation's is trusted, which came over the SuperLink's own authenticated channel.
    """

    def __init__(self, app: ClientApp, authority: Callable[[Context], str] | None = None) -> None:
        super().__init__()
        self._app = app
        self._authority = authority

    def __call__(self, message: Message, context: Context) -> Message:
        """Answer one message; an invitation is answered when its session has ended."""
        if message.metadata.message_type != INVITATION:
            return self._app(message, context)
        try:
            invitation = read_invitation(message)
            if self._authority is not None and invitation.authority != self._authority(context):
                raise ConnectionRefusedByPeerError(
                    "the session's certificate authority is not this hospital's federation's"
                )
            return Message(attend(invitation, self._app, context), reply_to=message)
        except JuntosError as error:
            log.warning("the session ended: %s", error)
            return Message(Error(REFUSED, error.what), reply_to=message)
