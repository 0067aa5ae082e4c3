"""What a hospital has from the federation is measured on patients that nothing learned from."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from client.benefit.comparing import (
    compare,
    compared,
    first_rows,
    meets,
    verdict_of,
    visible_difference,
)
from client.benefit.measuring import as_its_run_split, benefit_of, seen_by
from client.benefit.reporting import PACKAGE, answers, sentence, write_benefit
from client.benefit.ways import FederatedModel, answers_of_ways, personalised
from client.hospital import Hospital, LocalRecords
from client.privacy.private_rows import rows_to_judge
from shared.bundle import Bundle
from shared.contract import Contract
from shared.errors import DataError, SettingsError
from shared.holdout import split
from shared.metrics.paired_tests import PairedTable
from shared.models.training_data import Probabilities
from shared.pages.words import Catalogue
from shared.run_settings import RunSettings, run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

SAY = Catalogue(PACKAGE)


@pytest.fixture(scope="module", params=["neural_network", "boosted_trees"])
def bundle(request: pytest.FixtureRequest, contract: Contract) -> Bundle:
    """A model that two large hospitals trained."""
    settings = run_settings(
        {
            "models": [request.param],
            "task": {"level": "group"},
            "neural_network": {"rounds": 6, "hidden": [8]},
            "boosted_trees": {"rounds": 6},
        },
        [],
        "test",
    )
    hospitals = {name: learnable_records(contract, 500, seed) for seed, name in enumerate("AB")}
    found = run_in_process(contract, hospitals, settings)
    return Bundle(
        name=request.param,
        run="run-0001",
        contract=found.contract,
        settings=settings,
        preparation=found.preparation,
        summary=found.summary,
        arrays=found.models[request.param],
        card="",
    )


def test_a_small_hospital_gains_and_is_told_how_sure_that_is(
    bundle: Bundle, contract: Contract, tmp_path: Path
) -> None:
    own = learnable_records(contract, 240, 9)
    settings = bundle.settings.model_copy(
        update={"holdout": bundle.settings.holdout.model_copy(update={"test_share": 0.85})}
    )
    found = benefit_of("Small", contract, own, replace(bundle, settings=settings))
    assert found.training_rows == 36
    assert found.persons == found.rows == 204
    gained = found.overall[0]
    assert gained.table.gain > 0
    assert gained.low is not None
    assert gained.high is not None
    assert gained.low < gained.table.gain < gained.high
    page = html.unescape(write_benefit(found, tmp_path).read_text(encoding="utf-8"))
    assert answers(found, SAY)[0].en in page
    assert answers(found, SAY)[0].es in page
    assert (tmp_path / "tables" / "overall.csv").is_file()


def test_nothing_learns_from_what_is_judged(bundle: Bundle, contract: Contract) -> None:
    """Wrong labels of held-out rows change what is counted, not what is answered."""
    seen = bundle.settings.task.records(contract, learnable_records(contract, 200, 4))
    training, held_out = split(bundle.contract, seen, bundle.settings.holdout)
    model = FederatedModel(bundle.name, bundle.settings, bundle.preparation, bundle.arrays)
    wrong = held_out.relabelled(held_out.labels[::-1].copy())
    one = answers_of_ways("A", bundle.contract, training, held_out, model)
    other = answers_of_ways("A", bundle.contract, training, wrong, model)
    for way, said in one.items():
        np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-9)
        np.testing.assert_array_equal(said, other[way])


def test_what_a_private_run_held_out_is_judged(bundle: Bundle, contract: Contract) -> None:
    """Such a run draws its rows one by one: another split would judge rows it learned from."""
    records = learnable_records(contract, 200, 4)
    privacy = bundle.settings.privacy.model_copy(update={"guarantee": "differential"})
    private = bundle.settings.model_copy(update={"privacy": privacy})
    hospital = Hospital("A", contract, lambda: LocalRecords(records))
    _, expected = rows_to_judge(hospital, private)
    seen = seen_by(bundle, contract, records)
    training, held_out = as_its_run_split(replace(bundle, settings=private), seen)
    assert held_out.table.equals(expected.table)
    assert len(training) + len(held_out) == 200
    _, usual = as_its_run_split(bundle, seen)
    assert not usual.table.equals(expected.table)


def test_shares_that_are_noise_are_not_followed(bundle: Bundle, contract: Contract) -> None:
    """A federation whose noised counts know nothing of a class: the model stays as it came."""
    records = bundle.settings.task.records(contract, learnable_records(contract, 300, 5))
    noised = bundle.preparation.model_copy(update={"class_frequencies": [1.0, 0.0]})
    model = FederatedModel(bundle.name, bundle.settings, noised, bundle.arrays)
    own = personalised(bundle.contract, records, model)(records)
    candidates = bundle.contract.membership(list(records.labels))
    assert meets(bundle.contract, records, own)[1].mean() > candidates.mean(axis=0).max() + 0.1


def test_made_its_own_follows_how_frequent_classes_are(bundle: Bundle, contract: Contract) -> None:
    """At a hospital of sick patients only, disease is answered more often than by all."""
    everyone = bundle.settings.task.records(contract, learnable_records(contract, 300, 5))
    sick = everyone.take(np.flatnonzero(everyone.labels == "disease"))
    model = FederatedModel(bundle.name, bundle.settings, bundle.preparation, bundle.arrays)

    def disease(said: Probabilities) -> float:
        return float(said[:, bundle.contract.leaves.index("disease")].mean())

    made_own = personalised(bundle.contract, sick, model)
    assert disease(made_own(everyone)) > disease(model.answers(everyone)) + 0.03


def test_the_same_model_twice_is_no_difference() -> None:
    right = np.random.default_rng(0).random(500) < 0.7
    found = compare("federated", "own", right, right)
    assert found.table.gain == 0
    assert found.verdict == "alike"
    few = compare("federated", "own", right[:16], right[:16])
    assert few.verdict == "unknown"
    assert "With 16 patients" in sentence(few, SAY).en


def test_intervals_hold_what_is_true_as_often_as_they_say() -> None:
    generator = np.random.default_rng(1)
    shares = [0.62, 0.13, 0.08, 0.17]
    held = 0
    for _ in range(400):
        both, better, worse, neither = generator.multinomial(120, shares)
        table = PairedTable(both=both, challenger_only=better, champion_only=worse, neither=neither)
        found = compared("federated", "own", table)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.05 <= found.high
    assert 0.92 < held / 400 < 0.98


def test_what_would_be_visible_is_seen_in_four_of_five_trials() -> None:
    generator = np.random.default_rng(2)
    table = PairedTable(both=210, challenger_only=30, champion_only=30, neither=30)
    gain = visible_difference(table)
    shares = [0.7, 0.1 + gain / 2, 0.1 - gain / 2, 0.1]
    seen = 0
    for _ in range(300):
        both, better, worse, neither = generator.multinomial(300, shares)
        drawn = PairedTable(both=both, challenger_only=better, champion_only=worse, neither=neither)
        seen += compared("federated", "own", drawn).verdict == "better"
    assert 0.7 < seen / 300 < 0.9


def test_verdicts() -> None:
    assert [verdict_of(*each) for each in ((0.01, 0.2), (-0.2, -0.01), (-0.04, 0.04))] == [
        "better",
        "worse",
        "alike",
    ]
    assert verdict_of(-0.1, 0.04) == "unknown"
    nobody = compared("federated", "own", PairedTable())
    assert nobody.verdict == "unknown"
    assert "nothing is known" in sentence(nobody, SAY).en


def test_a_person_counts_once(contract: Contract) -> None:
    records = learnable_records(contract, 6, 0)
    several = replace(records, patients=np.array([0, 0, 1, 2, 1, 2]))
    assert list(first_rows(several)) == [0, 2, 3]
    assert list(first_rows(records)) == list(range(6))


def test_another_contract_and_no_held_out_rows_are_refused(
    bundle: Bundle, contract: Contract
) -> None:
    records = learnable_records(contract, 60, 0)
    other = contract.model_copy_checked(description="Another one")
    with pytest.raises(SettingsError, match="another version of the contract"):
        benefit_of("A", other, records, bundle)
    holdout = bundle.settings.holdout.model_copy(update={"test_share": 0.0})
    settings: RunSettings = bundle.settings.model_copy(update={"holdout": holdout})
    with pytest.raises(DataError, match="No record is kept back"):
        benefit_of("A", contract, records, replace(bundle, settings=settings))


def test_both_languages_say_the_same_things() -> None:
    assert SAY.texts["en"].keys() == SAY.texts["es"].keys()
    for key, english in SAY.texts["en"].items():
        gaps = set(re.findall(r"{(\w+)}", english))
        assert gaps == set(re.findall(r"{(\w+)}", SAY.texts["es"][key])), key
