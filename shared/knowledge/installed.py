"""What is published, as the installed package hpo3 has it: newer, without frequencies and sources.

It is what knowledge is compiled from where nobody gives HPO's own two files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

from shared.knowledge.annotations import read_annotations
from shared.knowledge.knowledge import FINDING, Published, annotated
from shared.knowledge.sources import Annotation
from shared.knowledge.terms import Findings
from shared.ontology import HumanPhenotypeOntology


def installed_findings(known: HumanPhenotypeOntology) -> Findings:
    """Return every finding of the installed release."""
    codes = known.codes()
    place = {code: column for column, code in enumerate(codes)}
    lines = [
        sorted(place[each] for each in known.ancestors(code) if each in place) for code in codes
    ]
    ends = np.cumsum([0, *map(len, lines)])
    flat = np.array([each for line in lines for each in line], dtype=np.int64)
    above = sparse.csr_matrix(
        (np.ones(len(flat), dtype=np.float32), flat, ends), shape=(len(codes), len(codes))
    )
    every = known.every_code()
    columns = {code: place[known.current(code)] for code in every if known.current(code) in place}
    names = tuple(known.name(code) for code in codes)
    return Findings(codes, names, above, columns, frozenset(every))


def installed_published(
    known: HumanPhenotypeOntology | None = None, annotations: Path | None = None
) -> Published:
    """Return what is published of the findings of the installed release.

    Parameters
    ----------
    annotations : Path, optional
        HPO's ``phenotype.hpoa``; the annotations that the package brings without it.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a line of it means nothing.
    """
    known = known or HumanPhenotypeOntology()
    if annotations is not None:
        return annotated(installed_findings(known), read_annotations(annotations))
    rows = [
        Annotation(
            disease=disease,
            name=known.disease_name(disease) or disease,
            term=term,
            absent=False,
            publications=(),
            frequency=None,
            patients=0.0,
            aspect=FINDING,
            sex="",
        )
        for disease in known.diseases()
        for term in known.disease_findings(disease)
    ]
    return annotated(installed_findings(known), rows)
