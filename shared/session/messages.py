"""Flower messages as bytes."""

from __future__ import annotations

from flwr.app import Error, Message, MessageType
from flwr.common.serde import message_from_proto, recorddict_to_proto
from flwr.common.serde_utils import error_to_proto, metadata_to_proto
from flwr.proto.message_pb2 import Message as ProtoMessage
from flwr.proto.message_pb2 import Metadata as ProtoMetadata
from google.protobuf.message import DecodeError

from shared.errors import JuntosError


def head_bytes(message: Message) -> bytes:
    """Return what is a message's own: its metadata, and its error if it has one.

    Protobuf reads two encodings put one after the other as one message, so this head followed by
    `content_bytes` is the whole message; the content, the same for all hospitals, is written once.
    """
    error = error_to_proto(message.error) if message.has_error() else None
    head = ProtoMessage(metadata=metadata_to_proto(message.metadata), error=error)
    return bytes(head.SerializeToString())


def content_bytes(message: Message) -> bytes:
    """Return a message's records; empty for an error."""
    if not message.has_content():
        return b""
    body = ProtoMessage(content=recorddict_to_proto(message.content))
    return bytes(body.SerializeToString())


def content_size(message: Message) -> int:
    """Return the bytes of a message's records; 0 for an error."""
    if not message.has_content():
        return 0
    try:
        return sum(record.count_bytes() for record in message.content.values())
    except ValueError:
        # Flower refuses to count an empty text.
        return len(content_bytes(message))


def error_bytes(error: Error) -> bytes:
    """Return an error in answer to a message that could not be read."""
    metadata = ProtoMetadata(message_type=MessageType.QUERY)
    return bytes(ProtoMessage(metadata=metadata, error=error_to_proto(error)).SerializeToString())


def read_message(data: bytes) -> Message:
    """Read a message back.

    Raises
    ------
    JuntosError
        When it is none.
    """
    try:
        return message_from_proto(ProtoMessage.FromString(data))
    except (DecodeError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise JuntosError(f"a message that is no Flower message ({type(error).__name__})") from None
