"""Diseases as rows of frequencies, from annotations; any publication can be left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.annotation_table import AnnotationTable, annotation_table
from shared.knowledge.annotations import read_annotations
from shared.knowledge.sources import Annotation
from shared.knowledge.terms import Findings, Matrix, findings_of, read_stanzas

Floats = npt.NDArray[np.float32]
FINDING = "P"


@dataclass(frozen=True)
class Published:
    """All that is published, before anything is left out.

    Attributes
    ----------
    findings : Findings
    table : AnnotationTable
        Of findings of the ontology.
    unknown_terms : frozenset of str
        Terms of annotations that the ontology does not have.
    """

    findings: Findings
    table: AnnotationTable
    unknown_terms: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each disease."""
        return dict(zip(self.table.diseases, self.table.names, strict=True))

    def diseases(self, *, orphanet: bool = False) -> list[str]:
        """Return the diseases with annotations, sorted; Orphanet's too where asked for."""
        systems = ("OMIM:", "ORPHA:") if orphanet else ("OMIM:",)
        return sorted(code for code in self.table.diseases if code.startswith(systems))

    def knowledge(self, diseases: Sequence[str], left_out: Collection[str] = ()) -> Knowledge:
        """Compile what is known of diseases.

        Parameters
        ----------
        diseases : sequence of str
            The candidates, a row each; nothing need be known of one.
        left_out : collection of str
            Publications (``PMID:10077612``): annotations that cite any of them do not count.
        """
        return compile_knowledge(self, diseases, frozenset(left_out))


def read_published(folder: Path) -> Published:
    """Read ``hp.obo`` and ``phenotype.hpoa`` of a folder.

    Raises
    ------
    SettingsError
        Naming the file that is missing or means nothing.
    """
    findings = findings_of(read_stanzas(folder / "hp.obo"))
    return annotated(findings, read_annotations(folder / "phenotype.hpoa"))


def annotated(findings: Findings, annotations: Iterable[Annotation]) -> Published:
    """Return what annotations say of findings; other aspects than findings are left out."""
    rows = [each for each in annotations if each.aspect == FINDING]
    unknown = frozenset(each.term for each in rows if each.term not in findings.known)
    return Published(findings, annotation_table(rows, findings.columns), unknown)


@dataclass(frozen=True)
class Knowledge:
    """What is known of diseases.

    Attributes
    ----------
    diseases : tuple of str
    findings : Findings
    frequencies : sparse matrix of shape (diseases, findings)
        As annotated.
    propagated : sparse matrix of the same shape
        With ancestors: at least as frequent as anything below.
    """

    diseases: tuple[str, ...]
    findings: Findings
    frequencies: Matrix
    propagated: Matrix

    @cached_property
    def annotated(self) -> npt.NDArray[np.int64]:
        """How many findings are annotated to each disease."""
        return np.diff(self.frequencies.indptr).astype(np.int64)

    @cached_property
    def background(self) -> Floats:
        """Mean frequency of each finding over annotated diseases, never 0."""
        known = max(int((self.annotated > 0).sum()), 1)
        mean = np.asarray(self.propagated.sum(axis=0)).ravel() / known
        return np.maximum(mean, 1 / (3 * known)).astype(np.float32)

    @cached_property
    def information(self) -> Floats:
        """Information content of each finding, in nats: how few diseases have it."""
        known = int((self.annotated > 0).sum())
        having = np.asarray((self.propagated > 0).sum(axis=0)).ravel()
        return np.log((known + 1) / (having + 1)).astype(np.float32)


def compile_knowledge(
    published: Published, diseases: Sequence[str], left_out: frozenset[str]
) -> Knowledge:
    """Weigh all annotations of each disease and finding together, without those left out."""
    table, width = published.table, len(published.findings.codes)
    place = {code: row for row, code in enumerate(diseases)}
    row_of = np.array([place.get(code, -1) for code in table.diseases], dtype=np.int64)
    rows = row_of[table.disease] if len(row_of) else np.empty(0, dtype=np.int64)
    chosen = np.flatnonzero((rows >= 0) & table.kept(left_out))
    keys, cell = np.unique(rows[chosen] * width + table.column[chosen], return_inverse=True)
    having = np.bincount(cell, weights=table.having[chosen], minlength=len(keys))
    counted = np.bincount(cell, weights=table.counted[chosen], minlength=len(keys))
    there = having > 0
    shares = ((having[there] + 0.5) / (counted[there] + 1)).astype(np.float32)
    frequencies = sparse.csr_matrix(
        (shares, (keys[there] // width, keys[there] % width)), shape=(len(diseases), width)
    )
    frequencies.sort_indices()
    propagated = propagate(frequencies, published.findings)
    return Knowledge(tuple(diseases), published.findings, frequencies, propagated)


def propagate(frequencies: Matrix, findings: Findings) -> Matrix:
    """Give each ancestor the highest frequency of what lies below it."""
    above = findings.above
    lengths = np.diff(above.indptr)[frequencies.indices]
    rows = np.repeat(
        np.repeat(np.arange(frequencies.shape[0]), np.diff(frequencies.indptr)), lengths
    )
    values = np.repeat(frequencies.data, lengths)
    columns = above[frequencies.indices].indices if len(frequencies.indices) else np.zeros(0, int)
    order = np.lexsort((-values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    return sparse.csr_matrix(
        (values[first], (rows[first], columns[first])), shape=frequencies.shape
    )
