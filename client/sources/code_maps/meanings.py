"""What local codes mean: the lines of the mapping itself, and behind them a table of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from client.sources.code_maps.code_map import CodeMap
from client.sources.code_maps.reading import read_code_map


class Meanings(dict[str, str]):
    """A mapping's own codes, which go before those of a table.

    A look-up finds both; iterating finds the mapping's own lines only.

    Attributes
    ----------
    table : CodeMap
    """

    def __init__(self, own: Mapping[str, str], table: CodeMap) -> None:
        super().__init__(own)
        self.table = table

    def __bool__(self) -> bool:
        """Return True: without lines of its own, it still asks the table."""
        return True

    def __missing__(self, code: str) -> str:
        """Return what the table says."""
        found = self.table.meaning(code)
        if found is None:
            raise KeyError(code)
        return found

    def get(self, code: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict's
        """Return what a code means; a dict's own would not ask the table."""
        try:
            return self[code]
        except KeyError:
            return default

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Meanings) and self.table == other.table
        return same and dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


def renamed(codes: Mapping[str, str], rename: Callable[[str], str]) -> dict[str, str]:
    """Return codes whose meanings go by other names."""
    own = {local: rename(code) for local, code in codes.items()}
    if not isinstance(codes, Meanings):
        return own
    table = codes.table
    targets = {code: rename(target) for code, target in table.targets.items()}
    intervals = [replace(each, target=rename(each.target)) for each in table.intervals]
    return Meanings(own, replace(table, targets=targets, intervals=intervals))


def with_defaults(codes: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return codes with more own lines, which do not replace any."""
    own = {**defaults, **codes}
    return Meanings(own, codes.table) if isinstance(codes, Meanings) else own


def with_table(
    codes: Mapping[str, str] | None, file: Path | None, system: str | None, folder: Path
) -> dict[str, str] | None:
    """Return codes with those of a file behind them; as they are where no file is named.

    Parameters
    ----------
    folder : Path
        The mapping file's.

    Raises
    ------
    SettingsError
        When the file cannot be used.
    """
    if file is None:
        return None if codes is None else dict(codes)
    return Meanings(codes or {}, read_code_map(folder / file, system))
