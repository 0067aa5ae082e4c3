"""A network taught by patients sampled from published knowledge of diseases, to start from.

Which findings belong to a disease is published; how often they occur is drawn at random, with
another seed than that of any simulated hospital: the network knows of no hospital's patients.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from server.bundling import write_bundles
from shared.contract import Contract
from shared.ontology import HumanPhenotypeOntology
from shared.records import Records, records_from_columns
from shared.run_settings import RunSettings
from simulations.in_process import run_in_process
from simulations.patients import Habits, Patient, PatientSampler

SOURCE = "published knowledge"
HABITS = Habits(detail=0.65, imprecision=0.25, noise=1.5)


def records_of(contract: Contract, patients: list[Patient]) -> Records:
    """Write patients down without loss; features that they do not have stay missing."""
    columns: dict[str, list[object]] = {
        name: [getattr(patient, name, None) or None for patient in patients]
        if contract.recorded[name].kind == "text"
        else [getattr(patient, name, None) for patient in patients]
        for name in contract.recorded
    }
    return records_from_columns(contract, columns, [patient.diagnosis for patient in patients])


def sampled_records(
    contract: Contract, ontology: HumanPhenotypeOntology, patients: int, seed: int
) -> Records:
    """Sample equally many patients of each leaf of the contract.

    Parameters
    ----------
    patients : int
        Of each leaf.
    """
    sampler = PatientSampler(contract, ontology, seed)
    generator = np.random.default_rng([seed, 1])
    drawn = sampler.sample(dict.fromkeys(contract.leaves, patients), HABITS, generator)
    return records_of(contract, drawn)


def pretrain(contract: Contract, settings: RunSettings, records: Records, folder: Path) -> Path:
    """Train a network on sampled patients; return the folder of its bundle."""
    alone = settings.model_copy(
        update={"models": ["neural_network"], "minimum_hospitals": 1, "compare_alone": False}
    )
    result = run_in_process(contract, {SOURCE: records}, alone)
    return write_bundles(folder, SOURCE, alone, result)["neural_network"]
