"""When each record is of: read to see what changes with time, and never a feature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.sources.codes import texts_of
from client.sources.mapping import Mapping
from client.sources.raw_table import RawTable

Dates = npt.NDArray[np.datetime64]


def dates_of(mapping: Mapping, table: RawTable) -> Dates | None:
    """Return the date of each row, not-a-time where it is missing or unreadable.

    Returns
    -------
    datetime64[D] array of shape (rows,) or None
        None where the mapping names no column of dates.
    """
    name = mapping.rows.date
    if name is None or name not in table.cells:
        return None
    cells = table.cells[name]
    if not pd.api.types.is_datetime64_any_dtype(cells):
        texts = texts_of(cells, frozenset(mapping.rows.missing))
        given = mapping.rows.date_format or "ISO8601"
        cells = pd.to_datetime(texts, format=given, errors="coerce")
    found = pd.Series(cells)
    if isinstance(found.dtype, pd.DatetimeTZDtype):
        found = found.dt.tz_localize(None)
    if not pd.api.types.is_datetime64_any_dtype(found):
        # Texts with several time zones stay objects.
        found = pd.to_datetime(found.astype("str").str[:10], format="ISO8601", errors="coerce")
    return found.to_numpy(dtype="datetime64[ns]").astype("datetime64[D]")
