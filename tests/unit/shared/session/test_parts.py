"""Properties of cutting a message into parts and putting it together."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from shared.errors import JuntosError
from shared.session.parts import PART_BYTES, Assembly, CutContent, OversizedMessageError
from shared.session.session_pb2 import Part

WEIGHTS = np.random.default_rng(1).normal(size=400_000).tobytes()
TEXT = b"a finding and another finding; " * 100_000
LIMIT = 10 * PART_BYTES


def assembled(parts: list[Part], limit: int = LIMIT) -> tuple[str, bytes] | None:
    assembly = Assembly(limit)
    whole = None
    for part in parts:
        whole = assembly.add(part)
    return whole


@pytest.mark.parametrize("content", [b"", b"x", TEXT, WEIGHTS, bytes(PART_BYTES)])
@pytest.mark.parametrize("compress", [True, False])
def test_a_message_is_whole_again(content: bytes, compress: bool) -> None:
    parts = list(CutContent(content, compress=compress).parts("one", b"head"))
    assert assembled(parts) == ("one", b"head" + content)
    assert all(len(part.data) <= PART_BYTES for part in parts)


def test_what_does_not_shrink_is_not_compressed() -> None:
    assert not any(part.compressed for part in CutContent(WEIGHTS, compress=True).parts("one", b""))
    sent = sum(len(part.data) for part in CutContent(TEXT, compress=True).parts("one", b""))
    assert sent < len(TEXT) / 20


def test_a_message_over_the_limit_is_refused_at_its_first_part_with_both_sizes() -> None:
    assembly = Assembly(1_000_000)
    parts = list(CutContent(WEIGHTS, compress=False).parts("one", b""))
    with pytest.raises(OversizedMessageError, match=r"3\.2 MB is over the limit of 1\.0 MB"):
        assembly.add(parts[0])
    assert [assembly.add(part) for part in parts[1:]] == [None] * (len(parts) - 1)
    [small] = CutContent(b"small", compress=False).parts("two", b"")
    assert assembly.add(small) == ("two", b"small")


def part(data: bytes, said: int, *, compressed: bool = False, last: bool = True) -> Part:
    return Part(message_id="m", message_bytes=said, data=data, compressed=compressed, last=last)


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        ([part(b"four", 3)], "longer than it says"),
        ([part(b"four", 5)], "shorter than it says"),
        ([part(zlib.compress(bytes(2 * PART_BYTES)), PART_BYTES, compressed=True)], "expands"),
        ([part(b"no zlib", 7, compressed=True)], "damaged"),
        ([part(b"two", 4, last=False), part(b"two", 4)], "longer than it says"),
    ],
)
def test_parts_that_do_not_keep_their_word_are_refused(hostile: list[Part], reason: str) -> None:
    with pytest.raises(JuntosError, match=reason):
        assembled(hostile)
