"""One spelling for a local code, whichever way a file or a database delivers it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.0*)?")
DECIMAL_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)\.\d*[1-9]0*")
TRUTH = {"true": "1", "false": "0"}

Mask = npt.NDArray[np.bool_]


def normalise_code(value: object) -> str:
    """Return the one spelling of a local code: ``1``, ``1.0``, ``"1"`` and ``"1.0"`` are ``"1"``.

    A leading zero makes a different code ("01" is not "1"), because code lists use them so. The
    words true and false are 1 and 0, which is how files without a boolean type keep them.

    >>> normalise_code(1.0), normalise_code(" 1.0 "), normalise_code("01"), normalise_code(True)
    ('1', '1', '01', '1')
    """
    text = str(value).strip()
    if WHOLE_NUMBER.fullmatch(text):
        whole = text.partition(".")[0]
        return "0" if whole == "-0" else whole
    if DECIMAL_NUMBER.fullmatch(text):
        return text.rstrip("0")
    return TRUTH.get(text.casefold(), text)


def normalise_name(name: str) -> str:
    """Return a column name without case, accents, spaces and punctuation."""
    plain = without_accents(name.casefold())
    return "".join(character for character in plain if character.isalnum())


def without_accents(text: str) -> str:
    """Return a text whose letters stand without accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(character for character in parts if not unicodedata.combining(character))


def codes_of(cells: pd.Series, missing: frozenset[str]) -> npt.NDArray[np.object_]:
    """Return the normalised code of each cell, None where it is missing.

    Parameters
    ----------
    cells : Series of shape (rows,)
        Raw cells of any type.
    missing : frozenset of str
        Normalised codes that mean missing; an empty or null cell always does.

    Returns
    -------
    object array of shape (rows,)
    """
    import pandas as pd

    plain = cells.map(str, na_action="ignore") if cells.dtype == object else cells
    positions, unique = pd.factorize(plain)
    codes = [normalise_code(value) for value in np.asarray(unique, dtype=object)]
    known = [None if code == "" or code in missing else code for code in codes]
    # Null cells have position -1, which picks the last entry.
    return np.array([*known, None], dtype=object)[positions]


def texts_of(cells: pd.Series, missing: frozenset[str]) -> pd.Series:
    """Return each cell as text without outer spaces, null where it is missing.

    Returns
    -------
    Series of dtype str, shape (rows,)
    """
    texts = cells.astype("str").str.strip()
    return texts.mask(texts.isin({"", *missing}))
