"""How a hospital's own data becomes records of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from client.sources.loading import CheckedSource, LoadedRecords, check_records, load_records

__all__ = ["CheckedSource", "LoadedRecords", "check_records", "load_records"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's own attributes
    """Load tables only for who reads them: what answers a single patient needs the units alone."""
    if name not in __all__:
        raise AttributeError(name)
    from client.sources import loading

    return getattr(loading, name)
