"""Names of the columns that fields of a source make."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def refuse_shared_names(names: Sequence[str], own: Collection[str]) -> None:
    """Refuse a name that two fields give a column, or that the source has already.

    Raises
    ------
    ValueError
        As validators of settings do.
    """
    for name in dict.fromkeys(names):
        if name in own:
            raise ValueError(f"field {name!r}: the source has a column of this name already")
        if names.count(name) > 1:
            raise ValueError(f"field {name!r}: more than one makes a column of this name")
