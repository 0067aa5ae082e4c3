"""Texts and bytes as one string of bytes that can be read in one way only."""

from __future__ import annotations


def framed(purpose: str, *parts: str | bytes) -> bytes:
    """Return the parts, each after its length, so that no two lists of parts give the same bytes.

    Parameters
    ----------
    purpose : str
        What the bytes are signed or hashed for; no signature serves another purpose.
    """
    encoded = [each.encode() if isinstance(each, str) else each for each in (purpose, *parts)]
    return b"".join(len(each).to_bytes(8, "big") + each for each in encoded)
