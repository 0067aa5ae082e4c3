"""A proposed mapping: what each part says, how sure that is, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from client.mapping_assistant.guess import LIKELY, Guess
from shared.contract import Contract, Feature

LABEL = "label"
# An assignment can be likely while what is said of the column is not.
SAID_WELL_ENOUGH = 0.5


@dataclass(frozen=True)
class ProposedColumn:
    """A column for a feature or for the diagnosis.

    Attributes
    ----------
    feature : str
        Name of the feature; ``label`` for the diagnosis.
    column : str
    match : float
        How likely it is this column.
    guess : Guess
        What the mapping says of it.
    others : list of str
        Columns that could be meant instead.
    """

    feature: str
    column: str
    match: float
    guess: Guess
    others: list[str] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """That of its weakest part."""
        return min(self.match, self.guess.confidence)

    @property
    def is_proposed(self) -> bool:
        """Whether it is likely enough to stand in the file; else it is a comment.

        The diagnosis stands there also where its codes are still to be said: nothing works without.
        """
        needed = 0.0 if self.feature == LABEL else SAID_WELL_ENOUGH
        return self.match >= LIKELY and self.guess.confidence >= needed


@dataclass(frozen=True)
class Proposal:
    """Everything that a proposed mapping file says.

    Attributes
    ----------
    contract : Contract
    source : dict of str to Any
        ``[source]``.
    source_seen : dict of str to str
        What made each of its keys so.
    rows_seen : int
        Rows that were looked at.
    whole : bool
        Whether these were all.
    smallest_cell : int
        Codes of fewer rows are not shown.
    missing : list of str
        Texts that mean "not recorded" in every column.
    patient : Guess
        Keys of ``[rows]``.
    label : ProposedColumn or None
    columns : list of ProposedColumn
        In the contract's order.
    left_out : dict of str to str
        Columns that must or should not be mapped, and why.
    unused : list of str
        Columns that match nothing.
    dates : dict of str to str
        Columns of dates, and how they are written.
    """

    contract: Contract
    source: dict[str, Any]
    source_seen: dict[str, str]
    rows_seen: int
    whole: bool
    smallest_cell: int
    missing: list[str]
    patient: Guess
    label: ProposedColumn | None
    columns: list[ProposedColumn]
    left_out: dict[str, str]
    unused: list[str]
    dates: dict[str, str] = field(default_factory=dict)

    @property
    def unmapped(self) -> list[Feature]:
        """Features of the contract for which no column was found."""
        found = {each.feature for each in self.columns}
        return [each for each in self.contract.feature if each.name not in found]

    @property
    def proposed(self) -> list[ProposedColumn]:
        """The columns that are likely enough to stand in the file."""
        return [each for each in self.columns if each.is_proposed]
