from __future__ import annotations

import numpy as np
import pytest

from shared.knowledge import Matcher
from shared.ranking.case import CaseFindings
from shared.ranking.engine import RankingEngine
from shared.ranking.learned_ordering import learned_engine
from shared.ranking.learned_ranker import fit_ranker
from shared.ranking.summed_gradients import Schedule
from simulations.benchmarks.phenopackets_protocol import MODES, training_cases
from tests.unit.shared.ranking.conftest import UNSEEN, World, patterns
from tests.unit.shared.ranking.small_ontology import AREAS, SPECIFIC, code_of, leaf


@pytest.fixture(scope="module")
def engine(world: World) -> RankingEngine:
    split = world.split
    everyone = np.ones(len(split.training), dtype=np.bool_)
    matcher = Matcher(world.published.knowledge(split.diseases))
    training = training_cases(split, MODES["with_excluded"])
    ranker = fit_ranker(training, Schedule(passes=6, steps_per_pass=4))
    return learned_engine(world.published, matcher, split.sums(everyone), ranker, excluded=True)


def test_a_typical_case_comes_first_with_its_reasons(engine: RankingEngine) -> None:
    findings = patterns()["OMIM:10"]
    ranking = engine.rank(CaseFindings(tuple(findings[:4]), (), 12.0, 3.0, "FEMALE"))
    first = ranking.diseases[0]
    assert (first.code, first.known_from, first.cases) == ("OMIM:10", "both", 9)
    assert {each.finding.code for each in first.matching} == set(findings[:4])
    assert {each.finding.code for each in first.missing} >= set(findings[4:])
    assert first.url == "https://omim.org/entry/10"
    assert first.matching[0].finding.url.startswith("https://hpo.jax.org/browse/term/HP:")
    whole = sum(each.probability for each in ranking.diseases) + ranking.something_else
    assert 0 < whole <= 1 + 1e-6


def test_a_disease_that_no_hospital_has_seen_is_found_by_knowledge(engine: RankingEngine) -> None:
    ranking = engine.rank(CaseFindings(tuple(patterns()[UNSEEN[0]])))
    found = {each.code: each for each in ranking.diseases[:10]}
    assert found[UNSEEN[0]].known_from == "annotations"
    assert found[UNSEEN[0]].cases == 0


def test_an_empty_case_is_not_ranked(engine: RankingEngine) -> None:
    ranking = engine.rank(CaseFindings(()))
    assert (ranking.diseases, ranking.something_else, ranking.doubt) == ((), 1.0, "no findings")
    assert not ranking.enough_evidence


def test_terms_of_another_ontology_are_named(engine: RankingEngine) -> None:
    ranking = engine.rank(CaseFindings(("SNOMED:1234", "HP:0000118")))
    assert ranking.unknown == ("HP:0000118", "SNOMED:1234")
    assert ranking.doubt == "no usable findings"


def test_an_obsolete_code_means_the_one_that_replaced_it(engine: RankingEngine) -> None:
    old, new = engine.rank(CaseFindings((code_of(9002),))), engine.rank(CaseFindings((leaf(0, 0),)))
    assert old.replaced == {code_of(9002): leaf(0, 0)}
    assert [each.code for each in old.diseases] == [each.code for each in new.diseases]


def test_an_observation_is_believed_against_its_exclusion(engine: RankingEngine) -> None:
    findings = tuple(patterns()["OMIM:11"])
    ranking = engine.rank(CaseFindings(findings, (findings[0], code_of(1000 + 10 * 7))))
    assert findings[0] in ranking.contradictory
    plain = engine.rank(CaseFindings(findings))
    assert ranking.diseases[0].code == plain.diseases[0].code == "OMIM:11"


def test_excluding_what_a_disease_has_never_helps_it(engine: RankingEngine) -> None:
    findings = patterns()["OMIM:12"]
    plain = engine.rank(CaseFindings(tuple(findings[:3])))
    against = engine.rank(CaseFindings(tuple(findings[:3]), tuple(findings[3:])))
    share = {each.code: each.probability for each in plain.diseases}
    less = {each.code: each.probability for each in against.diseases}
    assert less.get("OMIM:12", 0) <= share["OMIM:12"] + 1e-6
    told = next(each for each in against.diseases if each.code == "OMIM:12")
    assert {each.finding.code for each in told.contradicting} == set(findings[3:])


def test_every_finding_at_once_is_answered(engine: RankingEngine) -> None:
    every = tuple(leaf(area, each) for area in range(AREAS) for each in range(SPECIFIC))
    ranking = engine.rank(CaseFindings(every))
    assert ranking.diseases
    assert all(np.isfinite(each.probability) for each in ranking.diseases)


def test_the_next_finding_tells_candidates_apart(engine: RankingEngine) -> None:
    ranking = engine.rank(CaseFindings((patterns()["OMIM:13"][0],)))
    found = ranking.next_finding
    assert found is not None
    assert found.bits > 0
    assert found.raises
    assert found.lowers
    assert found.finding.code != patterns()["OMIM:13"][0]


def test_a_hospitals_prevalence_enters_the_order(engine: RankingEngine) -> None:
    case = CaseFindings((leaf(0, 0),))
    plain = engine.rank(case)
    last = plain.diseases[-1]
    here = engine.rank(case, {last.code: 0.9}).diseases
    place = [each.code for each in here].index(last.code)
    assert place < len(plain.diseases) - 1
    assert here[place].probability > last.probability
