from __future__ import annotations

import numpy as np
import pytest

from shared.contract import Contract, NumericFeature, load_contract
from shared.errors import SettingsError
from shared.ontology import HumanPhenotypeOntology
from simulations.diseases import disease_profiles
from simulations.notes import write_note
from simulations.patients import Habits, Patient, PatientSampler

DUCHENNE = "OMIM:310200"
MARFAN = "OMIM:154700"
RASOPATHY = "ORPHA:536391"
HABITS = Habits(detail=0.7, imprecision=0.3, noise=1.0, note_share=0.5)


@pytest.fixture(scope="module")
def rare() -> Contract:
    return load_contract("rare_disease")


@pytest.fixture(scope="module")
def sampler(rare: Contract) -> PatientSampler:
    return PatientSampler(rare, HumanPhenotypeOntology(), seed=0)


def sample(
    sampler: PatientSampler, case_mix: dict[str, int], habits: Habits = HABITS, seed: int = 0
) -> list[Patient]:
    return sampler.sample(case_mix, habits, np.random.default_rng(seed))


def test_the_same_seed_gives_the_same_patients(rare: Contract, sampler: PatientSampler) -> None:
    mix = {MARFAN: 20, DUCHENNE: 20}
    again = PatientSampler(rare, HumanPhenotypeOntology(), seed=0)
    assert sample(sampler, mix) == sample(again, mix)
    assert sample(sampler, mix) != sample(sampler, mix, seed=1)


def test_the_case_mix_is_kept(sampler: PatientSampler) -> None:
    patients = sample(sampler, {MARFAN: 5, RASOPATHY: 3})
    assert sorted(each.diagnosis for each in patients) == [MARFAN] * 5 + [RASOPATHY] * 3


def test_values_are_within_the_contract(rare: Contract, sampler: PatientSampler) -> None:
    patients = sample(sampler, dict.fromkeys(rare.classes, 20))
    for name in ("age", "creatine_kinase"):
        feature = rare.features[name]
        assert isinstance(feature, NumericFeature)
        values = [getattr(each, name) for each in patients]
        assert min(values) >= feature.minimum
        assert max(values) <= feature.maximum
    known = HumanPhenotypeOntology().is_known
    assert all(known(term) for each in patients for term in each.phenotypes)
    assert all(len(set(each.phenotypes)) == len(each.phenotypes) for each in patients)


def test_duchenne_is_mostly_male_with_high_creatine_kinase(sampler: PatientSampler) -> None:
    boys = sample(sampler, {DUCHENNE: 200})
    others = sample(sampler, {MARFAN: 200})
    assert np.mean([each.sex == "male" for each in boys]) > 0.9
    assert 0.35 < np.mean([each.sex == "male" for each in others]) < 0.65
    assert np.median([each.creatine_kinase for each in boys]) > 2_000
    assert np.median([each.creatine_kinase for each in others]) < 200


def test_a_careful_hospital_records_annotated_findings_only(sampler: PatientSampler) -> None:
    annotated = set(sampler.profiles[MARFAN].findings)
    careful = sample(sampler, {MARFAN: 30}, Habits(detail=1, imprecision=0, noise=0))
    assert all(set(each.phenotypes) <= annotated for each in careful)


def test_a_vague_hospital_records_more_general_findings(sampler: PatientSampler) -> None:
    hpo = sampler.ontology
    above = set(hpo.expand(sampler.profiles[MARFAN].findings))
    vague = sample(sampler, {MARFAN: 30}, Habits(detail=1, imprecision=1, noise=0))
    recorded = {term for each in vague for term in each.phenotypes}
    assert recorded <= above
    assert len(recorded - set(sampler.profiles[MARFAN].findings)) > 5


def test_less_detail_means_fewer_findings(sampler: PatientSampler) -> None:
    def findings(detail: float) -> float:
        patients = sample(sampler, {MARFAN: 200}, Habits(detail, imprecision=0, noise=0))
        return float(np.mean([len(each.phenotypes) for each in patients]))

    assert findings(0.4) < 0.6 * findings(1.0)
    assert findings(0.0) == 0


def test_a_long_annotation_does_not_make_patients_with_more_findings(
    sampler: PatientSampler,
) -> None:
    expected = {code: profile.frequencies.sum() for code, profile in sampler.profiles.items()}
    assert max(expected.values()) < 10
    assert all(each.frequencies.min() > 0 for each in sampler.profiles.values())
    assert all(each.frequencies.max() < 1 for each in sampler.profiles.values())


def test_notes_are_occasional_and_never_tell_the_diagnosis(
    rare: Contract, sampler: PatientSampler
) -> None:
    patients = sample(sampler, dict.fromkeys(rare.leaves, 30))
    notes = [each.note for each in patients]
    assert 0.3 < np.mean([note != "" for note in notes]) < 0.7
    names = [target.name.lower() for target in rare.target]
    assert not [note for note in notes for name in names if name in note.lower()]


def test_notes_speak_the_hospitals_language() -> None:
    generator = np.random.default_rng(0)
    assert "3 años" in write_note("es", 3.4, ["seizure"], generator)
    assert "5 months" in write_note("en", 0.4, ["seizure"], generator)
    assert "1 mes" in write_note("es", 0.05, [], generator)


def test_diseases_without_annotations_are_refused(contract: Contract) -> None:
    with pytest.raises(SettingsError, match="annotates no findings"):
        disease_profiles(contract, HumanPhenotypeOntology(), seed=0)
