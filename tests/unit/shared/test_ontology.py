from __future__ import annotations

import pytest

from shared.contract import load_contract
from shared.ontology import FlatTerminology, HumanPhenotypeOntology, terminology

ARACHNODACTYLY = "HP:0001166"
SLENDER_FINGER = "HP:0001238"
SEIZURE = "HP:0001250"
EVERYONE_HAS = ("HP:0000001", "HP:0000118")


@pytest.fixture(scope="module")
def hpo() -> HumanPhenotypeOntology:
    return HumanPhenotypeOntology()


def test_ancestors_hold_the_term_and_everything_above_but_what_everyone_has(
    hpo: HumanPhenotypeOntology,
) -> None:
    ancestors = hpo.ancestors(ARACHNODACTYLY)
    assert {ARACHNODACTYLY, SLENDER_FINGER} <= set(ancestors)
    assert not set(EVERYONE_HAS) & set(ancestors)
    assert list(ancestors) == sorted(set(ancestors))


def test_every_ancestor_of_an_ancestor_is_an_ancestor(hpo: HumanPhenotypeOntology) -> None:
    ancestors = set(hpo.ancestors(ARACHNODACTYLY))
    assert all(set(hpo.ancestors(each)) <= ancestors for each in ancestors)
    assert set(hpo.parents(ARACHNODACTYLY)) <= ancestors - {ARACHNODACTYLY}


def test_expansion_is_the_union_of_the_ancestors(hpo: HumanPhenotypeOntology) -> None:
    both = hpo.expand((ARACHNODACTYLY, SEIZURE))
    assert set(both) == set(hpo.ancestors(ARACHNODACTYLY)) | set(hpo.ancestors(SEIZURE))
    assert len(both) == len(set(both))
    assert hpo.expand(both) == both
    assert hpo.expand(()) == ()


@pytest.mark.parametrize("code", EVERYONE_HAS)
def test_what_everyone_has_expands_to_nothing(hpo: HumanPhenotypeOntology, code: str) -> None:
    assert hpo.expand([code]) == ()


@pytest.mark.parametrize("code", ["HP:9999999", "HP:1250", "Seizure", "", " HP:0001250"])
def test_only_exact_codes_are_known(hpo: HumanPhenotypeOntology, code: str) -> None:
    assert not hpo.is_known(code)
    assert hpo.name(code) == code
    assert hpo.ancestors(code) == (code,)


def test_an_obsolete_term_means_its_replacement(hpo: HumanPhenotypeOntology) -> None:
    obsolete, replacement = "HP:0000057", "HP:0008665"
    assert hpo.is_known(obsolete)
    assert hpo.current(obsolete) == replacement
    assert hpo.name(obsolete) == hpo.name(replacement) == "Clitoral hypertrophy"
    assert hpo.ancestors(obsolete) == hpo.ancestors(replacement)


def test_an_obsolete_term_without_replacement_is_not_known(hpo: HumanPhenotypeOntology) -> None:
    assert not hpo.is_known("HP:0000489")


def test_names_and_version(hpo: HumanPhenotypeOntology) -> None:
    assert hpo.name(SEIZURE) == "Seizure"
    assert len(hpo.version().split("-")) == 3


def test_findings_of_a_disease_hold_no_inheritance_and_no_onset(
    hpo: HumanPhenotypeOntology,
) -> None:
    findings = hpo.disease_findings("OMIM:154700")
    assert hpo.disease_name("OMIM:154700") == "Marfan syndrome"
    assert ARACHNODACTYLY in findings
    assert "HP:0000006" not in findings
    assert "HP:0011463" not in hpo.disease_findings("OMIM:310200")


@pytest.mark.parametrize("code", ["OMIM:1", "ORPHA:999999999", "ICD:Q87", "Marfan", ""])
def test_an_unknown_disease_has_no_findings(hpo: HumanPhenotypeOntology, code: str) -> None:
    assert hpo.disease_name(code) is None
    assert hpo.disease_findings(code) == ()


def test_other_code_systems_are_flat() -> None:
    flat = terminology("LOCAL")
    assert isinstance(flat, FlatTerminology)
    assert flat.expand(["b", "a", "b"]) == ("a", "b")
    assert flat.is_known("b")
    assert not flat.is_known(" ")
    assert flat.name("b") == "b"


def test_hpo_is_found_by_name_and_kept() -> None:
    assert isinstance(terminology("HPO"), HumanPhenotypeOntology)
    assert terminology("HPO") is terminology("HPO")


def test_every_leaf_of_the_rare_disease_contract_is_a_disease_with_findings(
    hpo: HumanPhenotypeOntology,
) -> None:
    contract = load_contract("rare_disease")
    assert all(hpo.disease_name(code) for code in contract.leaves)
    assert all(len(hpo.disease_findings(code)) >= 8 for code in contract.leaves)


def test_the_rasopathies_share_a_group() -> None:
    contract = load_contract("rare_disease")
    group = "ORPHA:536391"
    inside = {code for code in contract.leaves if contract.group_of(code) == group}
    assert group not in contract.leaves
    assert inside == {
        *("OMIM:162200", "OMIM:163950", "OMIM:218040", "OMIM:115150", "OMIM:611431"),
    }
