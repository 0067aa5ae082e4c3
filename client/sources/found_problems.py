"""What was found wrong in a source: all of it counted, the first of each kind kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.errors import Problem

# Of one column and one expectation; a person who has seen a thousand has seen the kind.
KEPT_OF_A_KIND = 1_000


@dataclass
class FoundProblems:
    """Problems as they come in, batch by batch.

    Attributes
    ----------
    count : int
        Problems of rows and of whole columns; the latter once, however many batches show them.
    """

    count: int = 0
    _columns: dict[Problem, None] = field(default_factory=dict)
    _rows: list[Problem] = field(default_factory=list)
    _kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def column_count(self) -> int:
        """Problems of whole columns."""
        return len(self._columns)

    def add(self, problems: Iterable[Problem]) -> None:
        """Take in the problems of a batch."""
        for problem in problems:
            kind = problem.column, problem.expected
            if problem.row is None:
                self.count += problem not in self._columns
                self._columns[problem] = None
                continue
            self.count += 1
            self._kinds[kind] += 1
            if self._kinds[kind] <= KEPT_OF_A_KIND:
                self._rows.append(problem)

    def kept(self) -> list[Problem]:
        """Return those of whole columns first, then row by row."""
        ordered = sorted(self._rows, key=lambda each: (each.row or 0, each.column))
        return [*sorted(self._columns, key=lambda each: each.column), *ordered]
