"""The arrays of the file: a row per code that a record may hold, in the order of the codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.errors import BundleError
from shared.models.base import Arrays

FILE = "terms.safetensors"

# uint8 of shape (codes, longest code), padded with zeros.
CODES = "codes"
# int32: the row of the term that a code stands for today.
CURRENT = "current"
# uint8: whether it is a finding, and no mode of inheritance or age of onset.
FINDINGS = "findings"
# int32: rows of the code itself and of everything above it, all codes one after the other.
ANCESTORS = "ancestors"
NAMES = "names"
SYNONYMS = "synonyms"
# int32: the row that each synonym belongs to.
SYNONYM_OF = "synonym_of"
VERSION = "version"


def letters(name: str) -> str:
    """Return the name of the array of a list's texts."""
    return f"{name}_letters"


def ends(name: str) -> str:
    """Return the name of the array of where the entries of a list end."""
    return f"{name}_ends"


NAMES_OF_ARRAYS = {
    CODES,
    CURRENT,
    FINDINGS,
    ANCESTORS,
    ends(ANCESTORS),
    SYNONYM_OF,
    *(way(name) for name in (NAMES, SYNONYMS, VERSION) for way in (letters, ends)),
}


def fixed_width(codes: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return codes as one table of letters."""
    plain = np.array([code.encode() for code in codes])
    return plain.view(np.uint8).reshape(len(codes), plain.dtype.itemsize)


def check_layout(arrays: Arrays) -> None:
    """Refuse arrays from another party that point outside each other.

    Raises
    ------
    BundleError
    """
    if set(arrays) != NAMES_OF_ARRAYS or arrays[CODES].ndim != 2 or not len(arrays[CODES]):
        raise BundleError("The terms of this bundle have other arrays than they should.")
    rows = len(arrays[CODES])
    synonyms = len(arrays[SYNONYM_OF])
    lengths = {CURRENT: rows, FINDINGS: rows, ends(ANCESTORS): rows, ends(NAMES): rows}
    lengths |= {ends(SYNONYMS): synonyms, ends(VERSION): 1}
    fits = all(arrays[name].shape == (length,) for name, length in lengths.items())
    fits = fits and all(
        _are_within(arrays[name], rows) for name in (CURRENT, ANCESTORS, SYNONYM_OF)
    )
    pairs = [(ends(ANCESTORS), ANCESTORS)]
    pairs += [(ends(name), letters(name)) for name in (NAMES, SYNONYMS, VERSION)]
    fits = fits and all(_end_with(arrays[end], arrays[whole]) for end, whole in pairs)
    if not fits:
        raise BundleError("The terms of this bundle do not fit each other.")


def _are_within(rows: npt.NDArray[np.int32], count: int) -> bool:
    fits = rows.dtype.kind == "i" and bool(((rows >= 0) & (rows < count)).all())
    return fits and rows.ndim == 1


def _end_with(ending: npt.NDArray[np.int32], whole: npt.NDArray[np.generic]) -> bool:
    if ending.dtype.kind != "i" or whole.ndim != 1:
        return False
    last = int(ending[-1]) if len(ending) else 0
    return last == len(whole) and bool((np.diff(ending, prepend=0) >= 0).all())
