"""How the records change with time, where they have dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.exploration.missingness import share
from client.exploration.view import LocalView

# Columns of a figure: years where there are more months than that, then fewer years.
MOST_PERIODS = 16


@dataclass(frozen=True)
class Period:
    """Records of one stretch of time.

    Attributes
    ----------
    name : str
        ``2024``, ``2024-03`` or ``2010-2014``.
    rows : int
    by_class : list of int
        Records of each of the view's groups.
    missing : dict of str to float
        By feature: the share without a value.
    """

    name: str
    rows: int
    by_class: list[int]
    missing: dict[str, float]


def periods(view: LocalView) -> list[Period]:
    """Return the stretches of time in order; none where no record has a date."""
    if view.dates is None or np.isnat(view.dates).all():
        return []
    names = _names(view.dates)
    return [
        Period(
            name,
            int(inside.sum()),
            [int((inside & group.rows).sum()) for group in view.groups],
            {feature: share(absent, inside) for feature, absent in view.missing.items()},
        )
        for name in sorted(set(names[names != ""].tolist()))
        for inside in [names == name]
    ]


def _names(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    """Name the stretch of time of each record; empty for one without a date."""
    absent = np.isnat(dates)
    months = np.where(absent, "", dates.astype("datetime64[M]").astype(str))
    if len(set(months[~absent].tolist())) <= MOST_PERIODS:
        return months
    years = np.where(absent, 0, dates.astype("datetime64[Y]").astype(np.int64) + 1970)
    first, last = int(years[~absent].min()), int(years[~absent].max())
    width = -(-(last - first + 1) // MOST_PERIODS)
    begins = first + (years - first) // width * width
    ends = np.minimum(begins + width - 1, last)
    named = [
        str(begin) if width == 1 else f"{begin}-{end}"
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    return np.where(absent, "", np.array(named))
