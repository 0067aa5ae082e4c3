"""Hospitals rank diseases together under a formal guarantee: what is asked, spent and found."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from dp_accounting import GaussianDpEvent
from dp_accounting.pld import PLDAccountant

from client.hospital import Hospital, RankingMemory
from client.privacy.noise import CryptographicNoise
from client.ranking.engines import open_engine
from server.ranking.noised_run import NoisedRanking, NoisedRankingRun
from server.ranking.progress import RankingProgress
from server.ranking.words import card_of
from shared.errors import BundleError, SettingsError
from shared.knowledge import Matcher, Published, read_published
from shared.metrics.wilson import wilson
from shared.models.safetensors_file import arrays_to_file
from shared.noised_engine import files
from shared.privacy.fixed_sums import BITS, Integers
from shared.privacy.release import Release
from shared.questions import EXCHANGE_KEYS, PRIVATE_SUM
from shared.ranking.case import CaseFindings
from shared.ranking.engine import RankingEngine
from shared.ranking.noised_ordering import noised_engine
from shared.ranking_learning.messages import NOISED_COUNTS, NOISED_PLACES, NOISED_SUMS
from shared.ranking_learning.noised_arrays import centroid_arrays
from shared.records import Records
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
from tests.integration.test_ranking_run import Forgetting

RECORDS = {node: records_of(node, 20) for node in NAMES}
EPSILON, DELTA = 40.0, 1e-5
PURPOSES = ["noised ranking", "noised ranking 2", "noised ranking 3"]
# Each sum that is asked for, and how far one patient may move it.
STEPS = {NOISED_COUNTS: 1.0, NOISED_SUMS: 1.0, NOISED_PLACES: np.sqrt(2)}


def promising(epsilon: float, **privacy: object) -> RunSettings:
    chosen = {"guarantee": "differential", "epsilon": epsilon, "delta": DELTA, **privacy}
    return brief(privacy=chosen)


def masked_hospitals() -> dict[int, Hospital]:
    hospitals = hospitals_with(RECORDS)
    identities = secret_identities(NAMES.values())
    for each in hospitals.values():
        each.secret_sums = identities[each.name].taking_part()
    return hospitals


def releases(hospital: Hospital) -> list[Release]:
    found: list[Release] = hospital.gate.releases  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return read_published(write_published(tmp_path_factory.mktemp("published")))


def learn(
    published: Published,
    grid: InProcessGrid,
    settings: RunSettings,
    observer: Silent | None = None,
    progress: RankingProgress | None = None,
) -> NoisedRanking:
    return NoisedRankingRun(
        grid, NAMES, CONTRACT, settings, published, observer or Silent(), progress
    ).run()


@pytest.fixture(scope="module")
def hospitals() -> dict[int, Hospital]:
    return masked_hospitals()


@pytest.fixture(scope="module")
def ranked(published: Published, hospitals: dict[int, Hospital]) -> NoisedRanking:
    return learn(published, grid_of(hospitals), promising(EPSILON))


def test_noised_sums_alone_are_asked(ranked: NoisedRanking) -> None:
    assert {each.question for each in ranked.rounds} == {PRIVATE_SUM, EXCHANGE_KEYS}
    assert list(ranked.hospitals) == ["lyon", "madrid", "turin"]
    assert all(each.training == 0 for each in ranked.hospitals.values())
    assert not ranked.left_out


def test_hospitals_spend_what_the_run_says_and_no_more(
    ranked: NoisedRanking, hospitals: dict[int, Hospital]
) -> None:
    for hospital in hospitals.values():
        own = releases(hospital)
        assert [each.purpose for each in own] == PURPOSES
        accountant = PLDAccountant()
        for each in own:
            assert each.mechanism == "discrete_gaussian"
            accountant.compose(GaussianDpEvent(each.noise_multiplier))
        spent = accountant.get_epsilon(DELTA)
        assert 0.97 * EPSILON < spent <= 1.01 * EPSILON


def test_the_right_disease_stands_high(ranked: NoisedRanking) -> None:
    assert ranked.diseases_with_cases == len(SEEN) + len(ORDINARY)
    training = ranked.training_cases / sum(map(len, RECORDS.values()))
    assert 0.6 < training < 0.9
    figures = ranked.figures.top["federated"]
    top = figures["with_cases"]["top_3"]
    assert top.low is not None
    assert top.low > 0.6
    # Wider than without noise.
    assert top.low < wilson(top.hits, top.cases)[0] - 0.01
    assert figures["rare"]["top_1"].value is None


def test_less_may_be_told_less_is_known(published: Published) -> None:
    found = learn(published, grid_of(masked_hospitals()), promising(0.05))
    assert found.diseases_with_cases < 6
    # Knowledge alone ranks on: nobody has to have cases.
    engine = engine_of(found)
    case = CaseFindings(tuple(patterns()[UNSEEN[0]]))
    assert UNSEEN[0] in [each.code for each in engine.rank(case).diseases]


def engine_of(found: NoisedRanking) -> RankingEngine:
    matcher = Matcher(found.published.knowledge(found.diseases))
    return noised_engine(found.published, matcher, found.centroids, found.places.probabilities())


def test_diseases_with_cases_and_without_are_ranked_in_one_list(ranked: NoisedRanking) -> None:
    engine = engine_of(ranked)
    for code in (SEEN[0], ORDINARY[0]):
        found = engine.rank(CaseFindings(tuple(patterns()[code])))
        assert code in [each.code for each in found.diseases[:3]]
        told = next(each for each in found.diseases if each.code == code)
        assert told.cases > 0
        assert told.parts.cases is not None
    unseen = engine.rank(CaseFindings(tuple(patterns()[UNSEEN[0]])))
    # The first by knowledge alone never stands lower than the fourth place.
    assert UNSEEN[0] in [each.code for each in unseen.diseases[:4]]
    shares = [each.probability for each in unseen.diseases]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + unseen.something_else == pytest.approx(1)
    assert unseen.coverage is None


class NoNoise(CryptographicNoise):
    """Shows what noise would hide."""

    def of(self, *_seeds: int) -> NoNoise:
        return self

    def added(self, values: Integers, scale: float) -> Integers:
        return values


def sums_of(published: Published, records: Records, folder: Path) -> dict[str, Integers]:
    """Return the sums of one hospital; those that the folder has are taken from there."""
    hospitals = hospitals_with({1: records})
    hospitals[1].noise = NoNoise()
    settings = promising(EPSILON, secret_sums=False)
    settings = settings.model_copy(update={"minimum_hospitals": 1})
    progress = RankingProgress(folder)
    learn(published, grid_of(hospitals), settings, progress=progress)
    return {step: paid.values for step in STEPS if (paid := progress.paid(step)) is not None}


@pytest.mark.parametrize("patient", [0, 25, 60])
def test_one_patient_moves_a_sum_by_no_more_than_is_said(
    published: Published, tmp_path: Path, patient: int
) -> None:
    whole = records_of(1, 6)
    without = whole.take(np.delete(np.arange(len(whole)), patient))
    every = sums_of(published, whole, tmp_path / "whole")
    moved = {}
    for number, (step, bound) in enumerate(STEPS.items()):
        # What was told before is the same for both: only this step's sum may differ.
        folder = tmp_path / str(number)
        folder.mkdir()
        for earlier in list(STEPS)[:number]:
            shutil.copy(tmp_path / "whole" / f"{earlier}.safetensors", folder)
        other = sums_of(published, without, folder)
        moved[step] = float(np.linalg.norm(every[step] - other[step])) / 2**BITS
        assert moved[step] <= bound + 1e-3, step
    assert any(each > 0.9 for each in moved.values())


def test_a_hospital_that_forgets_is_left_out_and_named(published: Published) -> None:
    hospitals = masked_hospitals()
    settings = promising(EPSILON).model_copy(update={"minimum_hospitals": 2})
    found = learn(published, grid_of(hospitals), settings, Forgetting(hospitals[2]))
    assert list(found.left_out) == ["madrid"]
    assert found.diseases_with_cases > 0


class Halting(Silent):
    """Stops the run when it is about to ask a hospital something again."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        self.left -= 1
        if self.left < 0:
            raise InterruptedError


# Two questions are for keys.
@pytest.mark.parametrize("questions", [3, 4])
def test_a_run_that_goes_on_pays_for_nothing_twice(
    published: Published, tmp_path: Path, questions: int
) -> None:
    hospitals, progress = masked_hospitals(), RankingProgress(tmp_path)
    with pytest.raises(InterruptedError):
        learn(published, grid_of(hospitals), promising(EPSILON), Halting(questions), progress)
    for each in hospitals.values():
        each.ranked = RankingMemory()
    found = learn(published, grid_of(hospitals), promising(EPSILON), progress=progress)
    assert found.diseases_with_cases == len(SEEN) + len(ORDINARY)
    for each in hospitals.values():
        assert [release.purpose for release in releases(each)] == PURPOSES


def test_nothing_for_judging_is_refused(published: Published) -> None:
    with pytest.raises(SettingsError, match="probabilities"):
        learn(published, grid_of(masked_hospitals()), promising(8.0, evaluation_share=0.0))


def test_a_hospital_without_cases_tells_as_much_as_any(published: Published) -> None:
    records = {**RECORDS, 3: RECORDS[3].take(np.zeros(0, dtype=np.int64))}
    found = learn(
        published, grid_of(hospitals_with(records)), promising(EPSILON, secret_sums=False)
    )
    assert "turin" in found.hospitals


def test_what_is_written_opens_and_answers_the_same(ranked: NoisedRanking, tmp_path: Path) -> None:
    for name, content in files_of(ranked).items():
        (tmp_path / name).write_bytes(content)
    case = CaseFindings(tuple(patterns()[SEEN[3]]))
    assert open_engine(files.KIND, tmp_path).rank(case) == engine_of(ranked).rank(case)
    centroids = {**centroid_arrays(ranked.centroids), files.PROBABILITIES: np.full((3, 10), 0.2)}
    for name, content in arrays_to_file(files.CENTROIDS, centroids).items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleError, match="do not fit"):
        open_engine(files.KIND, tmp_path)


def files_of(found: NoisedRanking) -> dict[str, bytes]:
    return files.noised_files(
        found.published,
        found.diseases,
        found.centroids,
        found.places.probabilities(),
        found.published.names,
    )


def test_the_card_says_what_is_promised(ranked: NoisedRanking) -> None:
    card = card_of("run-0001", promising(EPSILON), ranked)
    assert "epsilon 40 at delta 1e-05" in card
    assert "no set is promised" in card
    assert "None" not in card
