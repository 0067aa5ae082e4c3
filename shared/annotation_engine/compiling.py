"""From annotations to the engine's arrays: where bundles are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from shared.annotation_engine import layout
from shared.annotation_engine.annotations import Annotated
from shared.errors import SettingsError
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file
from shared.ontology import HumanPhenotypeOntology

# One patient's worth of doubt about each frequency.
DOUBT = 1.0


def compile_annotations(
    annotations: Iterable[Annotated], known: HumanPhenotypeOntology
) -> dict[str, bytes]:
    """Return the engine's file.

    What several sources say of one finding is averaged by the patients they counted. A more general
    finding is as frequent as the most frequent one below it. Terms that the ontology has not, and
    diseases without a finding, are left out.

    Raises
    ------
    SettingsError
        When nothing is left.
    """
    names: dict[str, str] = {}
    said: dict[str, dict[str, list[Annotated]]] = defaultdict(lambda: defaultdict(list))
    findings = set(known.codes())
    for each in annotations:
        term = known.current(each.term)
        if term in findings:
            names.setdefault(each.disease, each.name)
            said[each.disease][term].append(each)
    diseases = sorted(said)
    if not diseases:
        raise SettingsError("No annotation is of a finding that the ontology has.")
    terms = sorted({above for each in said.values() for t in each for above in known.ancestors(t)})
    row = {term: place for place, term in enumerate(terms)}
    annotated, frequency, sources, ends = [], [], [], []
    carriers: list[dict[int, float]] = [{} for _ in terms]
    for place, disease in enumerate(diseases):
        for term, entries in sorted(said[disease].items()):
            share = _frequency(entries)
            annotated.append(row[term])
            frequency.append(share)
            sources.append(" ".join(dict.fromkeys(each.source for each in entries if each.source)))
            for above in known.ancestors(term):
                found = carriers[row[above]]
                found[place] = max(share, found.get(place, 0.0))
        ends.append(len(annotated))
    above_rows = [[row[each] for each in known.ancestors(term)] for term in terms]
    arrays: Arrays = {
        **layout.text_arrays(layout.DISEASES, diseases),
        **layout.text_arrays(layout.NAMES, [names[each] for each in diseases]),
        **layout.text_arrays(layout.TERMS, terms),
        **layout.text_arrays(layout.SOURCES, sources),
        layout.ANNOTATED: np.array(annotated, dtype=np.int32),
        layout.ANNOTATED_ENDS: np.array(ends, dtype=np.int32),
        layout.FREQUENCY: np.array(frequency, dtype=np.float32),
        layout.CARRIERS: np.array([d for each in carriers for d in each], dtype=np.int32),
        layout.CARRIED: np.array([f for each in carriers for f in each.values()], dtype=np.float32),
        layout.CARRIERS_ENDS: np.cumsum([len(each) for each in carriers], dtype=np.int32),
        layout.ABOVE: np.array([each for rows in above_rows for each in rows], dtype=np.int32),
        layout.ABOVE_ENDS: np.cumsum([len(rows) for rows in above_rows], dtype=np.int32),
        layout.BACKGROUND: _background(carriers, len(diseases)),
    }
    return arrays_to_file(layout.FILE, arrays)


def _frequency(entries: list[Annotated]) -> float:
    patients = sum(each.patients for each in entries)
    return sum(each.patients * each.frequency for each in entries) / patients


def _background(carriers: list[dict[int, float]], diseases: int) -> np.ndarray:
    sums = [sum(each.values()) for each in carriers]
    return np.array([(total + DOUBT / 2) / (diseases + DOUBT) for total in sums], dtype=np.float32)
