"""From what is published to the engine's arrays: where bundles are made."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from shared.annotation_engine import layout
from shared.errors import SettingsError
from shared.knowledge import Published
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file

# One patient's worth of doubt about each frequency.
DOUBT = 1.0


def compile_annotations(published: Published) -> dict[str, bytes]:
    """Return the engine's file.

    Frequencies are those of `shared.knowledge`: what several sources say of one finding is weighed
    by the patients they counted, and a more general finding is as frequent as the most frequent one
    below it. Diseases of OMIM and Orphanet without a finding are left out.

    Raises
    ------
    SettingsError
        When nothing is left.
    """
    everything = published.diseases(orphanet=True)
    known = published.knowledge(everything)
    rows = np.flatnonzero(known.annotated > 0)
    if not len(rows):
        raise SettingsError("No annotation is of a finding that the ontology has.")
    diseases = [everything[row] for row in rows.tolist()]
    frequencies, propagated = known.frequencies[rows], known.propagated[rows].tocsc()
    columns = np.flatnonzero(np.diff(propagated.indptr) > 0)
    place = np.full(len(published.findings.codes), -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    carriers = propagated[:, columns]
    carriers.sort_indices()
    above = published.findings.above[columns]
    sources = [
        " ".join(published.table.sources(code, column))
        for row, code in enumerate(diseases)
        for column in _columns(frequencies, row)
    ]
    names = published.names
    arrays: Arrays = {
        **layout.text_arrays(layout.DISEASES, diseases),
        **layout.text_arrays(layout.NAMES, [names[each] for each in diseases]),
        **layout.text_arrays(
            layout.TERMS, [published.findings.codes[each] for each in columns.tolist()]
        ),
        **layout.text_arrays(layout.SOURCES, sources),
        layout.ANNOTATED: place[frequencies.indices].astype(np.int32),
        layout.ANNOTATED_ENDS: frequencies.indptr[1:].astype(np.int32),
        layout.FREQUENCY: frequencies.data.astype(np.float32),
        layout.CARRIERS: carriers.indices.astype(np.int32),
        layout.CARRIED: carriers.data.astype(np.float32),
        layout.CARRIERS_ENDS: carriers.indptr[1:].astype(np.int32),
        # What lies above a finding that some disease has, some disease has too.
        layout.ABOVE: place[above.indices].astype(np.int32),
        layout.ABOVE_ENDS: above.indptr[1:].astype(np.int32),
        layout.BACKGROUND: _background(carriers, len(diseases)),
    }
    return arrays_to_file(layout.FILE, arrays)


def _columns(frequencies: sparse.csr_matrix, row: int) -> list[int]:
    start, end = int(frequencies.indptr[row]), int(frequencies.indptr[row + 1])
    found: list[int] = frequencies.indices[start:end].tolist()
    return found


def _background(carriers: sparse.csc_matrix, diseases: int) -> np.ndarray:
    sums = np.asarray(carriers.sum(axis=0)).ravel()
    return ((sums + DOUBT / 2) / (diseases + DOUBT)).astype(np.float32)
