"""A network taught by published knowledge, which a federation can start from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.pretraining import read_pretrained
from shared.bundle import read_bundle
from shared.contract import Contract, load_contract
from shared.errors import JuntosError
from shared.ontology import HumanPhenotypeOntology
from shared.run_settings import run_settings
from simulations.knowledge import pretrain, sampled_records

SETTINGS = run_settings(
    {"neural_network": {"rounds": 100, "hidden": [32], "l2_regularisation": 1}}, [], "test"
)


@pytest.fixture(scope="module")
def rare_diseases() -> Contract:
    return load_contract("rare_disease")


def test_a_network_learns_the_diseases_that_were_published(
    tmp_path: Path, rare_diseases: Contract
) -> None:
    ontology = HumanPhenotypeOntology()
    folder = pretrain(
        rare_diseases, SETTINGS, sampled_records(rare_diseases, ontology, 12, 0), tmp_path
    )
    bundle = read_bundle(folder)
    assert list(bundle.contract.leaves) == list(rare_diseases.leaves)
    others = sampled_records(rare_diseases, ontology, 5, 1)
    truth = np.array([rare_diseases.leaves.index(label) for label in others.labels])
    right = bundle.predict(others.table).argmax(axis=1) == truth
    assert right.mean() > 4 / len(rare_diseases.leaves)
    assert read_pretrained(str(folder)).arrays.keys() == bundle.arrays.keys()


def test_every_disease_has_equally_many_patients(rare_diseases: Contract) -> None:
    records = sampled_records(rare_diseases, HumanPhenotypeOntology(), 3, 0)
    labels, counts = np.unique(records.labels.astype(str), return_counts=True)
    assert set(labels) == set(rare_diseases.leaves)
    assert set(counts) == {3}


def test_diseases_nobody_published_are_named(contract: Contract) -> None:
    with pytest.raises(JuntosError, match="none"):
        sampled_records(contract, HumanPhenotypeOntology(), 3, 0)
