"""SIMULATED patients, sampled from the disease annotations of the Human Phenotype Ontology.

They show that the machinery runs, never how good a model is for real patients: how often a finding
occurs is drawn at random (`simulations.diseases`), findings are independent of one another given
the disease, and no patient is a copy of anyone. Only three things are real medicine, roughly: which
findings belong to which disease, that the two dystrophies are mostly male, and that creatine kinase
is high in Duchenne, raised in Becker and normal otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.contract import Contract
from shared.ontology import HumanPhenotypeOntology
from simulations.diseases import DiseaseProfile, disease_profiles
from simulations.notes import Language, write_note

OTHER_SEX_SHARE = 0.005
CONSANGUINITY_SHARE = 0.04
UP_TWO_LEVELS = 0.3


@dataclass(frozen=True)
class Habits:
    """How a hospital records what a patient shows.

    Attributes
    ----------
    detail : float
        Chance that a finding the patient shows is recorded at all.
    imprecision : float
        Chance that a recorded finding is recorded as a more general one.
    noise : float
        Expected number of recorded findings that have nothing to do with the disease.
    note_share : float
        Chance that there is a note.
    language : {"en", "es"}
        Of the notes.
    """

    detail: float
    imprecision: float
    noise: float
    note_share: float = 0.0
    language: Language = "en"


@dataclass(frozen=True)
class Patient:
    """A simulated patient in the contract's terms.

    Attributes
    ----------
    diagnosis : str
        A class of the contract, leaf or coarser.
    age : float
        Years at the visit.
    sex : {"female", "male", "other"}
    family_history, consanguinity : bool
    creatine_kinase : float
        U/L in serum.
    phenotypes : tuple of str
        Recorded HPO terms, sorted.
    note : str
        Empty where there is none.
    """

    diagnosis: str
    age: float
    sex: Literal["female", "male", "other"]
    family_history: bool
    consanguinity: bool
    creatine_kinase: float
    phenotypes: tuple[str, ...]
    note: str


class PatientSampler:
    """Draws patients of a contract's diseases.

    Parameters
    ----------
    contract : Contract
        Its leaves must be diseases that HPO annotates.
    ontology : HumanPhenotypeOntology
    seed : int
        Of the diseases' frequencies; patients draw from the generator given with each call.
    """

    def __init__(self, contract: Contract, ontology: HumanPhenotypeOntology, seed: int) -> None:
        self.contract = contract
        self.ontology = ontology
        self.profiles = disease_profiles(contract, ontology, seed)
        # Noise comes from the other diseases, where it misleads most.
        self._noise = sorted({term for each in self.profiles.values() for term in each.findings})

    def sample(
        self, case_mix: Mapping[str, int], habits: Habits, generator: np.random.Generator
    ) -> list[Patient]:
        """Draw the patients of one hospital, in random order.

        Parameters
        ----------
        case_mix : mapping of str to int
            Patients per class. Those of a class with children have any one of its leaves, but only
            the coarse diagnosis is written down.
        """
        diagnoses = [code for code, count in case_mix.items() for _ in range(count)]
        return [
            self._patient(diagnoses[index], habits, generator)
            for index in generator.permutation(len(diagnoses))
        ]

    def _patient(self, diagnosis: str, habits: Habits, generator: np.random.Generator) -> Patient:
        profile = self.profiles[self._leaf(diagnosis, generator)]
        background = profile.background
        age = round(
            float(np.clip(generator.lognormal(np.log(background.median_age), 0.7), 0, 85)), 1
        )
        shown = self._shown(profile, generator)
        with_note = generator.random() < habits.note_share
        return Patient(
            diagnosis=diagnosis,
            age=age,
            sex=_sex(background.male_share, generator),
            family_history=bool(generator.random() < background.familial_share),
            consanguinity=bool(generator.random() < CONSANGUINITY_SHARE),
            creatine_kinase=_creatine_kinase(background.creatine_kinase, generator),
            phenotypes=self._recorded(shown, habits, generator),
            note=self._note(age, shown, habits.language, generator) if with_note else "",
        )

    def _leaf(self, diagnosis: str, generator: np.random.Generator) -> str:
        inside = self.contract.membership([diagnosis])[0]
        leaves = [
            leaf for leaf, belongs in zip(self.contract.leaves, inside, strict=True) if belongs
        ]
        return leaves[int(generator.integers(len(leaves)))]

    def _shown(self, profile: DiseaseProfile, generator: np.random.Generator) -> list[str]:
        drawn = generator.random(len(profile.findings)) < profile.frequencies
        return [term for term, shows in zip(profile.findings, drawn, strict=True) if shows]

    def _recorded(
        self, shown: Sequence[str], habits: Habits, generator: np.random.Generator
    ) -> tuple[str, ...]:
        """Return what the hospital writes down: some is missed, some is vague, some is noise."""
        noticed = [term for term in shown if generator.random() < habits.detail]
        noticed += generator.choice(self._noise, generator.poisson(habits.noise)).tolist()
        return tuple(sorted({self._blurred(term, habits, generator) for term in noticed}))

    def _blurred(self, term: str, habits: Habits, generator: np.random.Generator) -> str:
        if generator.random() >= habits.imprecision:
            return term
        for _ in range(1 + int(generator.random() < UP_TWO_LEVELS)):
            above = self.ontology.parents(term)
            if above:
                term = above[int(generator.integers(len(above)))]
        return term

    def _note(
        self, age: float, shown: Sequence[str], language: Language, generator: np.random.Generator
    ) -> str:
        chosen = generator.permutation(len(shown))[: int(generator.integers(1, 4))]
        names = [self.ontology.name(shown[index]).lower() for index in chosen]
        return write_note(language, age, names, generator)


def _sex(male_share: float, generator: np.random.Generator) -> Literal["female", "male", "other"]:
    if generator.random() < OTHER_SEX_SHARE:
        return "other"
    return "male" if generator.random() < male_share else "female"


def _creatine_kinase(median: float, generator: np.random.Generator) -> float:
    """Draw U/L, within what laboratories report."""
    return float(np.clip(np.rint(generator.lognormal(np.log(median), 0.45)), 10, 49_000))
