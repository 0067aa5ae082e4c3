"""All annotations as arrays: a row each, with the publications that it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shared.knowledge.sources import Annotation

Rows = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
# What an annotation without a count weighs, in patients, and how frequent one without is taken.
ESTIMATE_PATIENTS, UNKNOWN_PATIENTS, UNKNOWN_FREQUENCY = 5.0, 2.0, 0.5


@dataclass(frozen=True)
class AnnotationTable:
    """Annotations of findings of the ontology.

    Attributes
    ----------
    diseases, names : tuple of str
        Codes, sorted, and what each is called.
    publications : tuple of str
    disease, column : int array of shape (annotations,)
        Place among `diseases`; column of the finding.
    having, counted : array of shape (annotations,)
        Patients with the finding, and patients who were looked at.
    cited, cited_ends : int array
        Places among `publications`, one annotation after the other, and where each ends.
    """

    diseases: tuple[str, ...]
    names: tuple[str, ...]
    publications: tuple[str, ...]
    disease: Rows
    column: Rows
    having: Floats
    counted: Floats
    cited: Rows
    cited_ends: Rows

    def kept(self, left_out: Collection[str]) -> npt.NDArray[np.bool_]:
        """Return which annotations cite none of some publications, shape (annotations,)."""
        gone = np.array([each in left_out for each in self.publications], dtype=np.bool_)
        hits = np.concatenate([[0], np.cumsum(gone[self.cited])])
        ends = self.cited_ends
        starts = np.concatenate([[0], ends[:-1]])
        found: npt.NDArray[np.bool_] = hits[ends] == hits[starts]
        return found

    def sources(self, disease: str, column: int) -> tuple[str, ...]:
        """Return the publications that say how frequent a finding is in a disease."""
        place = self._place.get(disease)
        if place is None:
            return ()
        start, end = int(self._starts[place]), int(self._starts[place + 1])
        rows = self._order[start:end]
        here = rows[self.column[rows] == column]
        found: dict[str, None] = {}
        for row in np.sort(here).tolist():
            first = int(self.cited_ends[row - 1]) if row else 0
            for each in self.cited[first : int(self.cited_ends[row])].tolist():
                found[self.publications[each]] = None
        return tuple(found)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {code: place for place, code in enumerate(self.diseases)}

    @cached_property
    def _order(self) -> npt.NDArray[np.int64]:
        return np.argsort(self.disease, kind="stable")

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        counts = np.bincount(self.disease, minlength=len(self.diseases))
        return np.concatenate([[0], np.cumsum(counts)])


def annotation_table(
    annotations: Iterable[Annotation], columns: Mapping[str, int]
) -> AnnotationTable:
    """Lay annotations out; those of no finding are left out.

    Parameters
    ----------
    columns : mapping of str to int
        Of findings, by any code that stands for one.
    """
    rows = [each for each in annotations if each.term in columns]
    names = {each.disease: each.name for each in rows}
    diseases = tuple(sorted(names))
    place = {code: number for number, code in enumerate(diseases)}
    sources = {each: None for row in rows for each in row.publications if each}
    number = {source: k for k, source in enumerate(sources)}
    counts = [_counts(each) for each in rows]
    cited = [[number[source] for source in row.publications if source] for row in rows]
    return AnnotationTable(
        diseases=diseases,
        names=tuple(names[each] for each in diseases),
        publications=tuple(sources),
        disease=np.array([place[each.disease] for each in rows], dtype=np.int32),
        column=np.array([columns[each.term] for each in rows], dtype=np.int32),
        having=np.array([having for having, _ in counts], dtype=np.float32),
        counted=np.array([counted for _, counted in counts], dtype=np.float32),
        cited=np.array([each for some in cited for each in some], dtype=np.int32),
        cited_ends=np.cumsum([len(some) for some in cited], dtype=np.int32),
    )


def _counts(each: Annotation) -> tuple[float, float]:
    if each.absent:
        return 0.0, each.patients or UNKNOWN_PATIENTS
    if each.frequency is None:
        return UNKNOWN_FREQUENCY * UNKNOWN_PATIENTS, UNKNOWN_PATIENTS
    counted = each.patients or ESTIMATE_PATIENTS
    return each.frequency * counted, counted
