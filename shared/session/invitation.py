"""The Flower message that invites a hospital to a session."""

from __future__ import annotations

from typing import Annotated

from flwr.app import ConfigRecord, Message, RecordDict
from pydantic import Field, ValidationError

from shared.enrolment import Address
from shared.errors import JuntosError
from shared.settings_file import StrictModel

INVITATION = "query.session"
PROTOCOL = 1

_RECORD = "invitation"
_FIELD = "json"


class Invitation(StrictModel):
    """Where, as whom and for how long a hospital may open its stream.

    It reaches the hospital through the SuperLink, which has checked that hospital's key.

    Attributes
    ----------
    address : str
        ``HOST:PORT`` of the run's session server.
    authority : str
        PEM of the certificate authority that vouches for it.
    token : str
        Works once, for this node and this run.
    node : int
        The invited node.
    connect_seconds : float
        How long to try before the hospital says that it cannot.
    reconnect_seconds : float
        How long to try when the stream broke later.
    maximum_message_bytes : int
        A larger question is refused by the hospital.
    compress : bool
        Whether answers are compressed where that makes them smaller.
    """

    protocol: int = PROTOCOL
    address: Address
    authority: str
    token: Annotated[str, Field(min_length=32, max_length=200)]
    node: int
    connect_seconds: Annotated[float, Field(gt=0)]
    reconnect_seconds: Annotated[float, Field(ge=0)]
    maximum_message_bytes: Annotated[int, Field(gt=0)]
    compress: bool = True


def invitation_message(invitation: Invitation) -> Message:
    """Write the invitation as a Flower message to its node."""
    record = ConfigRecord({_FIELD: invitation.model_dump_json()})
    return Message(RecordDict({_RECORD: record}), invitation.node, INVITATION)


def read_invitation(message: Message) -> Invitation:
    """Read an invitation at a hospital.

    Raises
    ------
    JuntosError
        When it is malformed or of another version of the protocol.
    """
    record = message.content.config_records.get(_RECORD, ConfigRecord())
    try:
        invitation = Invitation.model_validate_json(str(record.get(_FIELD, "")))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise JuntosError(f"a malformed invitation (at {place or 'the top'})") from None
    if invitation.protocol != PROTOCOL:
        raise JuntosError(
            f"the session has protocol {invitation.protocol}, this node knows {PROTOCOL}",
            "Install the release of Juntos that the coordinator runs.",
        )
    return invitation
