"""All that is published as one file of arrays, which opens in a blink and needs no ontology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.compiled_terms.compiled import mapped_arrays
from shared.compiled_terms.texts import all_texts, joined
from shared.errors import BundleError
from shared.knowledge.annotation_table import AnnotationTable
from shared.knowledge.knowledge import Published
from shared.knowledge.terms import Findings
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file

FILE = "knowledge.safetensors"
CODES, NAMES, KNOWN = "codes", "names", "known"
OTHER, MEANS = "other_codes", "means"
ABOVE, ABOVE_ENDS = "above", "above_ends"
DISEASES, DISEASE_NAMES, PUBLICATIONS = "diseases", "disease_names", "publications"
NUMBERS = ("disease", "column", "having", "counted", "cited", "cited_ends")


def knowledge_arrays(published: Published, names: Mapping[str, str] | None = None) -> Arrays:
    """Return the arrays.

    Parameters
    ----------
    names : mapping of str to str, optional
        Of further candidates, of which nothing is published.
    """
    findings, table = published.findings, published.table
    own = set(findings.codes)
    other = {code: place for code, place in findings.columns.items() if code not in own}
    more = {code: name for code, name in (names or {}).items() if code not in published.names}
    everything = dict(sorted({**published.names, **more}.items()))
    place = {code: number for number, code in enumerate(everything)}
    moved = np.array([place[code] for code in table.diseases], dtype=np.int32)
    numbers = {name: getattr(table, name) for name in NUMBERS}
    numbers["disease"] = moved[table.disease] if len(moved) else table.disease
    return {
        **_texts(CODES, findings.codes),
        **_texts(NAMES, findings.names),
        **_texts(KNOWN, sorted(findings.known - own - set(other))),
        **_texts(OTHER, list(other)),
        **_texts(DISEASES, list(everything)),
        **_texts(DISEASE_NAMES, list(everything.values())),
        **_texts(PUBLICATIONS, table.publications),
        MEANS: np.array(list(other.values()), dtype=np.int32),
        ABOVE: findings.above.indices.astype(np.int32),
        ABOVE_ENDS: findings.above.indptr[1:].astype(np.int32),
        **numbers,
    }


def knowledge_file(published: Published, names: Mapping[str, str] | None = None) -> bytes:
    """Return the file's content; see `knowledge_arrays`."""
    return arrays_to_file(FILE, knowledge_arrays(published, names))[FILE]


def open_knowledge(path: Path) -> Published:
    """Open the file.

    Raises
    ------
    BundleError
        When it is no such file.
    """
    try:
        return published_of(mapped_arrays(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise BundleError(f"{path.name} holds no knowledge of diseases.") from None


def published_of(arrays: Arrays) -> Published:
    """Return what the arrays hold.

    Raises
    ------
    BundleError
        When they do not fit each other.
    """
    codes = tuple(_read(arrays, CODES))
    ends, above = arrays[ABOVE_ENDS], arrays[ABOVE]
    other, means = _read(arrays, OTHER), arrays[MEANS]
    table = AnnotationTable(
        diseases=tuple(_read(arrays, DISEASES)),
        names=tuple(_read(arrays, DISEASE_NAMES)),
        publications=tuple(_read(arrays, PUBLICATIONS)),
        **{name: np.asarray(arrays[name]) for name in NUMBERS},
    )
    number = len(codes)
    fits = (
        _ends_fit(ends, len(above), number)
        and _within(above, number)
        and len(other) == len(means)
        and _within(means, number)
        and len(table.names) == len(table.diseases)
        and _within(table.disease, len(table.diseases))
        and _within(table.column, number)
        and len({len(getattr(table, name)) for name in NUMBERS if name != "cited"}) == 1
        and _ends_fit(table.cited_ends, len(table.cited), len(table.disease))
        and _within(table.cited, len(table.publications))
    )
    if not fits:
        raise BundleError("The arrays of what is published do not fit each other.")
    matrix = sparse.csr_matrix(
        (np.ones(len(above), dtype=np.float32), above, np.concatenate([[0], ends])),
        shape=(number, number),
    )
    columns = {code: place for place, code in enumerate(codes)}
    columns.update(zip(other, means.tolist(), strict=True))
    known = frozenset({*columns, *_read(arrays, KNOWN)})
    findings = Findings(codes, tuple(_read(arrays, NAMES)), matrix, columns, known)
    return Published(findings, table)


def _ends_fit(ends: npt.NDArray[np.generic], size: int, parts: int) -> bool:
    steps = np.diff(ends.astype(np.int64), prepend=0)
    return len(ends) == parts and bool((steps >= 0).all()) and int(steps.sum()) == size


def _within(places: npt.NDArray[np.generic], limit: int) -> bool:
    found = places.astype(np.int64)
    return bool(((found >= 0) & (found < limit)).all())


def _texts(name: str, texts: Sequence[str]) -> Arrays:
    letters, ends = joined(texts)
    return {f"{name}_letters": letters, f"{name}_text_ends": ends}


def _read(arrays: Arrays, name: str) -> list[str]:
    return all_texts(arrays[f"{name}_letters"], arrays[f"{name}_text_ends"])
