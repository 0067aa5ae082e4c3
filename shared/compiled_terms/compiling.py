"""From HPO's package to arrays: where bundles are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shared.compiled_terms import layout
from shared.compiled_terms.obo import Obo
from shared.compiled_terms.texts import joined
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file
from shared.ontology import HumanPhenotypeOntology


def compile_terms(known: HumanPhenotypeOntology, obo: Obo | None = None) -> bytes:
    """Return a file of all terms of a release: names, what lies above them, synonyms.

    Parameters
    ----------
    obo : Obo, optional
        Synonyms and alternative numbers, which the package lacks.
    """
    words = obo or Obo()
    meanings = _meanings(known, words)
    codes = sorted(meanings)
    position = {code: index for index, code in enumerate(codes)}
    findings = set(known.codes())
    above = [known.ancestors(meanings[code]) for code in codes]
    arrays: Arrays = {
        layout.CODES: layout.fixed_width(codes),
        layout.CURRENT: np.array([position[meanings[code]] for code in codes], dtype=np.int32),
        layout.FINDINGS: np.array([code in findings for code in codes], dtype=np.uint8),
        **_texts(layout.NAMES, [known.name(code) for code in codes]),
        **_texts(layout.VERSION, [known.version()]),
        **_ancestors(above, position),
        **_synonyms(codes, words.synonyms),
    }
    return arrays_to_file(layout.FILE, arrays)[layout.FILE]


def _meanings(known: HumanPhenotypeOntology, obo: Obo) -> dict[str, str]:
    """Return what each code that a record may hold stands for today."""
    meanings = {code: known.current(code) for code in known.every_code()}
    for code, term in obo.alternatives.items():
        if code not in meanings and term in meanings:
            meanings[code] = meanings[term]
    return meanings


def _texts(name: str, texts: Sequence[str]) -> Arrays:
    letters, ends = joined(texts)
    return {layout.letters(name): letters, layout.ends(name): ends}


def _ancestors(above: Sequence[Sequence[str]], position: Mapping[str, int]) -> Arrays:
    flat = [position[code] for each in above for code in each]
    ends: npt.NDArray[np.int32] = np.cumsum([len(each) for each in above], dtype=np.int32)
    return {
        layout.ANCESTORS: np.array(flat, dtype=np.int32),
        layout.ends(layout.ANCESTORS): ends,
    }


def _synonyms(codes: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> Arrays:
    pairs = [(index, text) for index, code in enumerate(codes) for text in synonyms.get(code, ())]
    return {
        layout.SYNONYM_OF: np.array([index for index, _ in pairs], dtype=np.int32),
        **_texts(layout.SYNONYMS, [text for _, text in pairs]),
    }
