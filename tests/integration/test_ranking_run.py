"""Hospitals learn to rank diseases together: sums, steps, figures, what is refused, going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from client.hospital import Hospital, RankingMemory
from server.ranking.learning_run import LearnedRanking, LearningRun
from server.ranking.progress import RankingProgress
from server.rounds import RoundRecord
from shared.errors import PartialRunError
from shared.knowledge import Matcher, Published, read_published
from shared.privacy.release import Release
from shared.questions import EXCHANGE_KEYS, PRIVATE_SUM
from shared.ranking.case import CaseFindings
from shared.ranking.engine import RankingEngine
from shared.ranking.learned_ordering import learned_engine
from shared.run_settings import RunSettings
from shared.session.in_process import InProcessGrid
from simulations.secret_identities import secret_identities
from simulations.silence import Silent
from tests.integration.ranking_federation import (
    CONTRACT,
    NAMES,
    ORDINARY,
    SEEN,
    UNSEEN,
    brief,
    grid_of,
    hospitals_with,
    patterns,
    records_of,
    write_published,
)

RECORDS = {node: records_of(node) for node in NAMES}
SECRET = brief(privacy={"guarantee": "secret_sums"})


class Stopping(Silent):
    """Stops the run after some rounds."""

    def __init__(self, after: int) -> None:
        self.left = after

    def answered(self, record: RoundRecord) -> None:
        self.left -= 1
        if self.left < 0:
            raise InterruptedError


class Forgetting(Silent):
    """Has a hospital forget everything after each round, as a new process does."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital

    def answered(self, record: RoundRecord) -> None:
        self.hospital.ranked = RankingMemory()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return read_published(write_published(tmp_path_factory.mktemp("published")))


def learn(
    published: Published,
    grid: InProcessGrid,
    settings: RunSettings | None = None,
    observer: Silent | None = None,
    progress: RankingProgress | None = None,
) -> LearnedRanking:
    return LearningRun(
        grid,
        NAMES,
        CONTRACT,
        settings or brief(),
        published,
        observer or Silent(),
        progress,
    ).run()


@pytest.fixture(scope="module")
def hospitals() -> dict[int, Hospital]:
    return hospitals_with(RECORDS)


@pytest.fixture(scope="module")
def learned(published: Published, hospitals: dict[int, Hospital]) -> LearnedRanking:
    return learn(published, grid_of(hospitals))


def engine_of(found: LearnedRanking) -> RankingEngine:
    matcher = Matcher(found.published.knowledge(found.diseases))
    return learned_engine(found.published, matcher, found.sums, found.ranker, excluded=True)


def test_all_hospitals_are_in_it(learned: LearnedRanking) -> None:
    assert list(learned.hospitals) == ["lyon", "madrid", "turin"]
    assert not learned.left_out
    training = sum(each.training for each in learned.hospitals.values())
    held_out = sum(each.held_out for each in learned.hospitals.values())
    assert training + held_out == sum(map(len, RECORDS.values()))
    assert learned.sums.cases.sum() == training
    top = learned.figures.top["federated"]["all"]
    assert top["top_1"].cases == held_out
    assert (top["top_10"].value or 0) > 0.8
    assert len(learned.losses) == 6 + 4


def test_ordinary_and_rare_diseases_are_ranked_in_one_list(learned: LearnedRanking) -> None:
    engine = engine_of(learned)
    for code in (SEEN[0], ORDINARY[0], ORDINARY[1]):
        found = engine.rank(CaseFindings(tuple(patterns()[code])))
        assert code in [each.code for each in found.diseases[:3]]
        told = next(each for each in found.diseases if each.code == code)
        assert told.name == CONTRACT.classes[code].name
        assert told.cases > 0
        assert told.known_from == ("cases" if code in ORDINARY else "both")
    unseen = engine.rank(CaseFindings(tuple(patterns()[UNSEEN[0]])))
    assert UNSEEN[0] in [each.code for each in unseen.diseases[:3]]


def test_what_left_is_in_the_ledger(
    learned: LearnedRanking, hospitals: dict[int, Hospital]
) -> None:
    purposes = [each.purpose for each in hospitals[1].gate.releases]  # type: ignore[attr-defined]
    assert purposes[0] == "sums of cases by disease, for ranking"
    assert purposes[-1] == "how far up the right disease stands"
    assert sum(each.startswith("step of the networks that rank") for each in purposes) == 6


def test_few_patients_are_not_told(published: Published) -> None:
    records = {node: records_of(node, 14) for node in (1, 2)}
    # A disease that one hospital has three patients of.
    rare = records_of(9, 3, codes=["OMIM:24"])
    labels = records[1].labels
    most = records[1].take((labels != "OMIM:24").nonzero()[0])
    from shared.records import concatenate

    records[1] = concatenate([most, rare])
    found = learn(published, grid_of(hospitals_with(records, smallest=4)))
    whole = learn(
        published, grid_of(hospitals_with({2: records[2]}, 4)), brief(minimum_hospitals=1)
    )
    row = found.diseases.index("OMIM:24")
    assert found.sums.cases[row] == whole.sums.cases[row]
    assert not (found.sums.cases % 4).any()
    assert not (found.sums.above.data % 4).any()
    assert found.figures.top["federated"]["all"]["top_1"].cases % 4 == 0


def test_a_hospital_without_cases_is_left_out(published: Published) -> None:
    records = {**RECORDS, 3: records_of(3, codes=["OMIM:24"]).take(RECORDS[3].persons()[:0])}
    found = learn(published, grid_of(hospitals_with(records)))
    assert list(found.left_out) == ["turin"]
    assert "turin" not in found.hospitals


def test_nothing_to_learn_from_is_an_error(published: Published) -> None:
    with pytest.raises(PartialRunError, match="too few cases"):
        learn(published, grid_of(hospitals_with(RECORDS, smallest=50)))


def test_secret_sums_teach_the_same(published: Published, learned: LearnedRanking) -> None:
    hospitals = masked_hospitals()
    found = learn(published, grid_of(hospitals), SECRET)
    assert {each.question for each in found.rounds} == {PRIVATE_SUM, EXCHANGE_KEYS}
    assert found.sums.cases == pytest.approx(learned.sums.cases, abs=1e-5)
    assert np.abs((found.sums.above - learned.sums.above).data).max(initial=0) < 1e-5
    assert found.losses == pytest.approx(learned.losses, abs=1e-3)
    ours, theirs = (each.figures.top["federated"]["all"]["top_3"] for each in (found, learned))
    assert ours.cases == theirs.cases
    assert ours.hits == pytest.approx(theirs.hits, abs=2)
    assert all("in a sum of 3 hospitals" in each.purpose for each in releases(hospitals[1]))


def test_a_secret_run_that_was_killed_goes_on(
    published: Published, learned: LearnedRanking, tmp_path: Path
) -> None:
    hospitals, progress = masked_hospitals(), RankingProgress(tmp_path)
    with pytest.raises(InterruptedError):
        learn(published, grid_of(hospitals), SECRET, Stopping(10), progress)
    for each in hospitals.values():
        each.ranked = RankingMemory()
    found = learn(published, grid_of(hospitals), SECRET, progress=progress)
    assert found.losses == pytest.approx(learned.losses, abs=1e-3)


def masked_hospitals() -> dict[int, Hospital]:
    hospitals = hospitals_with(RECORDS)
    identities = secret_identities(NAMES.values())
    for each in hospitals.values():
        each.secret_sums = identities[each.name].taking_part()
    return hospitals


def releases(hospital: Hospital) -> list[Release]:
    found: list[Release] = hospital.gate.releases  # type: ignore[attr-defined]
    return found


def test_a_hospital_that_forgets_is_told_again(
    published: Published, learned: LearnedRanking
) -> None:
    hospitals = hospitals_with(RECORDS)
    found = learn(published, grid_of(hospitals), observer=Forgetting(hospitals[2]))
    assert found.figures == learned.figures
    assert found.losses == learned.losses


@pytest.mark.parametrize("after", [1, 4, 8, 11, 14])
def test_a_run_that_was_killed_goes_on(
    published: Published, learned: LearnedRanking, tmp_path: Path, after: int
) -> None:
    hospitals = hospitals_with(RECORDS)
    progress = RankingProgress(tmp_path)
    with pytest.raises(InterruptedError):
        learn(published, grid_of(hospitals), observer=Stopping(after), progress=progress)
    for each in hospitals.values():
        each.ranked = RankingMemory()
    found = learn(published, grid_of(hospitals), progress=progress)
    assert found.figures == learned.figures
    assert found.losses == learned.losses
