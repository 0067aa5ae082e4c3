"""What simulated patients with a disease look like: SIMULATED, from annotations and a seed.

hpo3 says which findings belong to a disease, never how often they occur. So the frequencies here
are drawn at random: a simulated Marfan patient need not look like a real one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.contract import Contract
from shared.errors import SettingsError
from shared.ontology import HumanPhenotypeOntology

FREQUENT_FINDINGS = 5
FREQUENT = (0.2, 0.5)
OCCASIONAL_FINDINGS_EXPECTED = 4.5
OCCASIONAL_AT_MOST = 0.2

# Upper limit of normal is about 200 U/L.
NORMAL_CREATINE_KINASE = 95.0


@dataclass(frozen=True)
class Background:
    """What is known of a patient apart from the findings.

    Attributes
    ----------
    median_age : float
        Years at the visit.
    male_share : float
    creatine_kinase : float
        Median in serum, U/L.
    familial_share : float
        Patients with an affected relative.
    """

    median_age: float = 11.0
    male_share: float = 0.5
    creatine_kinase: float = NORMAL_CREATINE_KINASE
    familial_share: float = 0.2


# Real medicine, roughly: the two dystrophies are X-linked; Duchenne raises creatine kinase to 50 or
# 100 times the normal, Becker less (Birnkrant et al. 2018, Lancet Neurology 17); half of the
# patients with NF1 and three quarters of those with Marfan have an affected parent.
BACKGROUNDS = {
    "OMIM:310200": Background(7.0, 0.97, 12_000.0, 0.35),
    "OMIM:300376": Background(15.0, 0.97, 2_500.0, 0.35),
    "OMIM:162200": Background(12.0, familial_share=0.5),
    "OMIM:154700": Background(17.0, familial_share=0.7),
    "OMIM:609192": Background(16.0, familial_share=0.3),
    "OMIM:130050": Background(24.0, familial_share=0.5),
    "OMIM:108300": Background(13.0, familial_share=0.6),
    "OMIM:188400": Background(8.0, familial_share=0.1),
}


@dataclass(frozen=True)
class DiseaseProfile:
    """One disease as the simulation plays it.

    Attributes
    ----------
    code : str
        A leaf of the contract.
    findings : tuple of str
        HPO terms annotated to the disease.
    frequencies : float array of shape (findings,)
        Chance that a patient shows each.
    background : Background
    """

    code: str
    findings: tuple[str, ...]
    frequencies: npt.NDArray[np.float64]
    background: Background


def disease_profiles(
    contract: Contract, ontology: HumanPhenotypeOntology, seed: int
) -> dict[str, DiseaseProfile]:
    """Return a profile for each leaf of the contract.

    The same seed gives the same disease at every hospital: hospitals differ in whom they see and
    how they record, not in what a disease is.

    Raises
    ------
    SettingsError
        When the ontology annotates no finding to a leaf.
    """
    return {
        code: _profile(code, ontology, np.random.default_rng([seed, index]))
        for index, code in enumerate(contract.leaves)
    }


def _profile(
    code: str, ontology: HumanPhenotypeOntology, generator: np.random.Generator
) -> DiseaseProfile:
    findings = ontology.disease_findings(code)
    if not findings:
        raise SettingsError(
            f"HPO annotates no findings to {code}, so its patients cannot be simulated.",
            "Simulate a contract whose diagnoses are OMIM or ORPHA codes that HPO knows.",
        )
    frequencies = _frequencies(len(findings), generator)
    return DiseaseProfile(code, findings, frequencies, BACKGROUNDS.get(code, Background()))


def _frequencies(count: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Make a few findings frequent and the rest occasional.

    A disease with a long annotation must not have patients with more findings than others have:
    the length says how much was written about it.
    """
    frequent = min(FREQUENT_FINDINGS, count // 2)
    rest = min(OCCASIONAL_FINDINGS_EXPECTED / (count - frequent), OCCASIONAL_AT_MOST)
    frequencies = generator.uniform(0.3 * rest, 1.7 * rest, count)
    chosen = generator.choice(count, frequent, replace=False)
    frequencies[chosen] = generator.uniform(*FREQUENT, frequent)
    return frequencies
