"""The arrays of the engine's file: diseases, terms, and what is known of each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shared.compiled_terms.texts import all_texts, joined
from shared.errors import BundleError
from shared.models.base import Arrays

FILE = "annotations.safetensors"
KIND = "annotations-1"

# Texts, as letters and ends; `SOURCES` has one for each annotation.
DISEASES, NAMES, TERMS, SOURCES = "diseases", "disease_names", "terms", "sources"
# Annotations of one disease after the other: the row of the term, and how frequent it is.
ANNOTATED, ANNOTATED_ENDS = "annotated", "annotated_ends"
FREQUENCY = "frequency"
# By term, the diseases that have it or anything below it, and how frequent it is there.
CARRIERS, CARRIERS_ENDS = "carriers", "carriers_ends"
CARRIED = "carried"
# By term, the rows of the term and of what lies above it.
ABOVE, ABOVE_ENDS = "above", "above_ends"
# By term: the mean frequency over all diseases.
BACKGROUND = "background"


def text_arrays(name: str, texts: Sequence[str]) -> Arrays:
    """Return a list of texts as two arrays."""
    letters, ends = joined(texts)
    return {f"{name}_letters": letters, f"{name}_text_ends": ends}


def texts_of(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> list[str]:
    """Return a list of texts."""
    return all_texts(arrays[f"{name}_letters"], arrays[f"{name}_text_ends"])  # type: ignore[arg-type]


def starts_of(ends: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return where each part begins."""
    return np.concatenate([[0], ends[:-1]]).astype(np.int64)


def check_layout(arrays: Arrays) -> None:
    """Refuse arrays from another party that point outside each other.

    Raises
    ------
    BundleError
    """
    wrong = BundleError("The engine's arrays do not fit each other.")
    try:
        diseases = len(arrays[f"{DISEASES}_text_ends"])
        terms = len(arrays[f"{TERMS}_text_ends"])
        pairs = [
            (ANNOTATED, ANNOTATED_ENDS, terms, diseases),
            (CARRIERS, CARRIERS_ENDS, diseases, terms),
            (ABOVE, ABOVE_ENDS, terms, terms),
        ]
        fits = all(
            len(arrays[ends]) == parts
            and int(arrays[ends][-1]) == len(arrays[rows])
            and bool((np.diff(arrays[ends], prepend=0) >= 1).all())
            and bool(((arrays[rows] >= 0) & (arrays[rows] < limit)).all())
            for rows, ends, limit, parts in pairs
        )
        lengths = {
            FREQUENCY: len(arrays[ANNOTATED]),
            CARRIED: len(arrays[CARRIERS]),
            BACKGROUND: terms,
            f"{NAMES}_text_ends": diseases,
            f"{SOURCES}_text_ends": len(arrays[ANNOTATED]),
        }
        fits = fits and all(arrays[name].shape == (length,) for name, length in lengths.items())
    except (KeyError, IndexError, TypeError, ValueError):
        raise wrong from None
    if not fits:
        raise wrong
