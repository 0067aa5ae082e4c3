"""Errors that tell a person what happened and what to do about it.

Every message that reaches a person comes from here. A message never carries a patient's value:
it names the place (file, row, column), what was expected and the fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class JuntosError(Exception):
    """Something a person can act on.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    fix : str
        What to do now; empty where nothing can be done.
    """

    exit_code = 1

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}".strip()


class SettingsError(JuntosError):
    """A settings file, contract, mapping or option that cannot be used."""

    exit_code = 2


class DataError(JuntosError):
    """Local records that do not meet the contract."""

    exit_code = 5

    def __init__(self, what: str, fix: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(what, fix)
        self.problems = list(problems)


class ConnectionRefusedByPeerError(JuntosError):
    """The other side cannot be reached, or its identity is not the one expected."""

    exit_code = 6


class BundleError(JuntosError):
    """A model bundle that is corrupt, foreign or of another version."""

    exit_code = 7


class PartialRunError(JuntosError):
    """A run that ended with fewer hospitals than it asked for, or without a model."""

    exit_code = 8


class PrivacyRefusedError(JuntosError):
    """An answer that this hospital's policy, budget or pause does not let out."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with one place of a hospital's data.

    Attributes
    ----------
    file : str
        The file or query the row came from.
    row : int or None
        1-based data row as a spreadsheet shows it (the header is row 1); None for a whole column.
    column : str
        The local column name; empty for a whole row.
    expected : str
        What would have been right; never the value that was found.
    fix : str
        What to do.
    """

    file: str
    row: int | None
    column: str
    expected: str
    fix: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        if self.column:
            place += f", column {self.column!r}"
        return f"{place}: expected {self.expected}. {self.fix}"
