"""One row of HPO's disease annotations, as the file ``phenotype.hpoa`` has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Annotation:
    """What one publication says of one disease.

    Attributes
    ----------
    disease, name : str
        ``OMIM:142900``, ``ORPHA:392``; its name.
    term : str
        A current code of the ontology.
    absent : bool
        The disease is said not to have the finding.
    publications : tuple of str
        ``PMID:10077612``; an annotation that cites any left-out publication is left out.
    frequency : float or None
        Share of patients, 0 to 1; None where the file does not say.
    patients : float
        How many patients the frequency was counted in; 0 where it is an estimate.
    aspect : str
        P finding, C clinical course (onset), I inheritance, M modifier, H past history.
    sex : str
        ``MALE``, ``FEMALE`` or empty: whom the annotation is about.
    """

    disease: str
    name: str
    term: str
    absent: bool
    publications: tuple[str, ...]
    frequency: float | None
    patients: float
    aspect: str
    sex: str
