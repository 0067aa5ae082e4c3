"""The ontology's findings as rows and columns of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.errors import SettingsError
from shared.ontology import PHENOTYPIC_ABNORMALITY

Matrix = sparse.csr_matrix
Rows = npt.NDArray[np.int64]


@dataclass
class Stanza:
    """One term of the file."""

    name: str = ""
    parents: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    obsolete: bool = False
    replaced_by: str = ""


def read_stanzas(path: Path) -> dict[str, Stanza]:
    """Read every term of ``hp.obo``.

    Raises
    ------
    SettingsError
        When the file cannot be read or holds no findings.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read.", "Give hp.obo of an HPO release.") from None
    found: dict[str, Stanza] = {}
    for block in text.split("\n[Term]\n")[1:]:
        code, stanza = _read_stanza(block.split("\n[", 1)[0].splitlines())
        found[code] = stanza
    if PHENOTYPIC_ABNORMALITY not in found:
        raise SettingsError(f"{path} holds no findings.", "Give hp.obo of an HPO release.")
    return found


def _read_stanza(lines: Iterable[str]) -> tuple[str, Stanza]:
    code, stanza = "", Stanza()
    for line in lines:
        key, _, value = line.partition(": ")
        value = value.split(" ! ")[0].strip()
        if key == "id" and not code:
            code = value
        elif key == "name":
            stanza.name = value
        elif key == "is_a":
            stanza.parents.append(value.split(" ")[0])
        elif key == "alt_id":
            stanza.alternatives.append(value)
        elif key == "is_obsolete":
            stanza.obsolete = value == "true"
        elif key == "replaced_by":
            stanza.replaced_by = value
    return code, stanza


@dataclass(frozen=True)
class Findings:
    """Every finding of a release.

    Attributes
    ----------
    codes : tuple of str
        Current ones, sorted; a column each.
    names : tuple of str
    above : sparse matrix of shape (findings, findings)
        1 where the column is the row's finding or lies above it.
    columns : mapping of str to int
        By any code that stands for a finding, obsolete and alternative ones among them.
    known : frozenset of str
        All codes of the ontology, findings or not.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    above: Matrix
    columns: Mapping[str, int]
    known: frozenset[str]

    @cached_property
    def below(self) -> sparse.csc_matrix:
        """The same by column: what lies below a finding."""
        return self.above.tocsc()

    def ancestors(self, column: int) -> Rows:
        """Return a finding's column and those above it."""
        start, end = self.above.indptr[column], self.above.indptr[column + 1]
        return np.asarray(self.above.indices[start:end], dtype=np.int64)

    def descendants(self, column: int) -> Rows:
        """Return a finding's column and those below it."""
        start, end = self.below.indptr[column], self.below.indptr[column + 1]
        return np.asarray(self.below.indices[start:end], dtype=np.int64)

    def matrix(self, cases: Iterable[Iterable[str]]) -> Matrix:
        """Return a row per case with 1 at each of its findings; unknown codes are not in it."""
        rows = [sorted({self.columns[c] for c in case if c in self.columns}) for case in cases]
        ends = np.cumsum([0, *map(len, rows)])
        flat = np.array([column for row in rows for column in row], dtype=np.int64)
        ones = np.ones(len(flat), dtype=np.float32)
        return sparse.csr_matrix((ones, flat, ends), shape=(len(rows), len(self.codes)))

    def with_ancestors(self, matrix: Matrix) -> Matrix:
        """Return the rows with everything above their findings, each once."""
        found = sparse.csr_matrix(matrix @ self.above)
        found.data[:] = 1
        return found


def findings_of(stanzas: Mapping[str, Stanza]) -> Findings:
    """Lay out all findings of a release."""
    above: dict[str, frozenset[str]] = {}

    def climb(code: str) -> frozenset[str]:
        if code not in above:
            parents = [climb(parent) for parent in stanzas[code].parents if parent in stanzas]
            above[code] = frozenset({code}).union(*parents)
        return above[code]

    current = [code for code, stanza in stanzas.items() if not stanza.obsolete]
    codes = sorted(
        code
        for code in current
        if PHENOTYPIC_ABNORMALITY in climb(code) and code != PHENOTYPIC_ABNORMALITY
    )
    column = {code: place for place, code in enumerate(codes)}
    lines = [sorted(column[each] for each in above[code] if each in column) for code in codes]
    ends = np.cumsum([0, *map(len, lines)])
    flat = np.array([each for line in lines for each in line], dtype=np.int64)
    matrix = sparse.csr_matrix(
        (np.ones(len(flat), dtype=np.float32), flat, ends), shape=(len(codes), len(codes))
    )
    meanings = dict(column)
    for code, stanza in stanzas.items():
        for other in stanza.alternatives:
            if code in column:
                meanings.setdefault(other, column[code])
    for code, stanza in stanzas.items():
        if stanza.obsolete and stanza.replaced_by in meanings:
            meanings.setdefault(code, meanings[stanza.replaced_by])
    names = tuple(stanzas[code].name for code in codes)
    return Findings(tuple(codes), names, matrix, meanings, frozenset({*stanzas, *meanings}))
