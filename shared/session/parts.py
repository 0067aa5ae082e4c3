"""Cutting a message into parts for the stream, and putting it together again.

A message is never in the stream as a whole: parts keep the buffers of both sides small, so that
HTTP/2 flow control can slow a sender down. No party can make the other hold more than the limit it
announced, whatever it says or compresses.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from shared.errors import JuntosError
from shared.session.session_pb2 import Part

PART_BYTES = 1 << 20
# A frame holds one part with its few other fields.
MAXIMUM_FRAME_BYTES = PART_BYTES + 65_536

_SAMPLE_BYTES = 16_384
_WORTHWHILE = 0.9
_SMALLEST_COMPRESSED = 8_192
_FASTEST = 1
# So small that a frame of its own would cost more than a copy.
_SMALL_CONTENT = 65_536

Piece = tuple[bytes, bool]


class OversizedMessageError(JuntosError):
    """A message that is larger than the receiving side takes."""

    def __init__(self, message_bytes: int, limit: int) -> None:
        super().__init__(
            f"a message of {megabytes(message_bytes)} is over the limit of {megabytes(limit)}",
            "Raise session.maximum_message_megabytes in the run's settings, or train a smaller "
            "model.",
        )


def megabytes(count: int) -> str:
    """Write a number of bytes for a person."""
    return f"{count / 1e6:,.1f} MB"


def refuse_oversized(message_bytes: int, limit: int) -> None:
    """Raise OversizedMessageError when a message is over the limit."""
    if message_bytes > limit:
        raise OversizedMessageError(message_bytes, limit)


class CutContent:
    """A message's content, compressed and cut once for all who will receive it."""

    def __init__(self, content: bytes, *, compress: bool) -> None:
        self.size = len(content)
        self.pieces = list(_cut(content, compress=compress))

    def parts(self, message_id: str, head: bytes, seconds_left: float = 0.0) -> Iterator[Part]:
        """Yield a message's parts: its head, then the content.

        Parameters
        ----------
        head : bytes
            What differs between receivers: the message's metadata.
        """
        total = len(head) + self.size
        pieces = self._with_head(head)
        for number, (data, compressed) in enumerate(pieces, start=1):
            yield Part(
                message_id=message_id,
                message_bytes=total,
                data=data,
                compressed=compressed,
                last=number == len(pieces),
                seconds_left=seconds_left,
            )

    def _with_head(self, head: bytes) -> list[Piece]:
        if self.size <= _SMALL_CONTENT and not any(compressed for _, compressed in self.pieces):
            return [(head + b"".join(data for data, _ in self.pieces), False)]
        return [(head, False), *self.pieces]


def _cut(content: bytes, *, compress: bool) -> Iterator[Piece]:
    worthwhile = compress and _is_compressible(content)
    for start in range(0, len(content), PART_BYTES):
        piece = content[start : start + PART_BYTES]
        yield (zlib.compress(piece, _FASTEST), True) if worthwhile else (piece, False)


def _is_compressible(content: bytes) -> bool:
    if len(content) < _SMALLEST_COMPRESSED:
        return False
    # Weights hardly shrink and texts do; a sample from the middle tells them apart.
    middle = max(0, len(content) // 2 - _SAMPLE_BYTES // 2)
    sample = content[middle : middle + _SAMPLE_BYTES]
    return len(zlib.compress(sample, _FASTEST)) < _WORTHWHILE * len(sample)


class Assembly:
    """Puts parts together; holds no more than the limit, whatever the other side sends."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.message_id = ""
        self._expected = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self._skipping = ""

    def add(self, part: Part) -> tuple[str, bytes] | None:
        """Take one part; return the message's id and bytes when it is whole.

        Raises
        ------
        JuntosError
            When the message cannot be taken; its further parts are then skipped silently.
        """
        if part.message_id == self._skipping:
            self._skipping = "" if part.last else part.message_id
            return None
        try:
            return self._add(part)
        except (JuntosError, zlib.error) as error:
            self._skipping = "" if part.last else part.message_id
            self._begin("", 0)
            if isinstance(error, zlib.error):
                raise JuntosError("a message that was damaged on its way") from None
            raise

    def _add(self, part: Part) -> tuple[str, bytes] | None:
        if part.message_id != self.message_id:
            refuse_oversized(part.message_bytes, self.limit)
            self._begin(part.message_id, part.message_bytes)
        piece = _expand(part.data) if part.compressed else part.data
        self._size += len(piece)
        if self._size > self._expected:
            raise JuntosError("a message longer than it says")
        self._pieces.append(piece)
        if not part.last:
            return None
        if self._size != self._expected:
            raise JuntosError("a message shorter than it says")
        whole = b"".join(self._pieces)
        self._begin("", 0)
        return part.message_id, whole

    def _begin(self, message_id: str, expected: int) -> None:
        self.message_id, self._expected = message_id, expected
        self._pieces, self._size = [], 0


def _expand(data: bytes) -> bytes:
    expander = zlib.decompressobj()
    piece = expander.decompress(data, PART_BYTES)
    if expander.unconsumed_tail or not expander.eof:
        raise JuntosError("a part that expands to more than a part may hold")
    return piece
