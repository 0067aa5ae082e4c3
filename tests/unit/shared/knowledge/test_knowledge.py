from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from shared.errors import SettingsError
from shared.knowledge import Knowledge, Matcher, read_published
from tests.unit.shared.ranking.small_ontology import code_of, leaf, write_ontology

ANNOTATIONS = [
    ("OMIM:1", leaf(0, 0), "PMID:1", "3/4"),
    ("OMIM:1", leaf(0, 0), "PMID:2", "1/4"),
    ("OMIM:1", leaf(1, 0), "PMID:2", "HP:0040281"),
    ("OMIM:2", leaf(2, 0), "OMIM:2", ""),
    ("OMIM:3", leaf(2, 1), "PMID:1", "0/5"),
    ("ORPHA:4", leaf(3, 0), "ORPHA:4", "HP:0040282"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_ontology(tmp_path, ANNOTATIONS)


def test_counts_of_publications_add_up_and_reach_what_lies_above(folder: Path) -> None:
    published = read_published(folder)
    known = published.knowledge(["OMIM:1"])
    column = published.findings.columns[leaf(0, 0)]
    above = published.findings.columns[code_of(1000)]
    assert known.frequencies[0, column] == pytest.approx((4 + 0.5) / (8 + 1))
    assert known.propagated[0, above] == known.frequencies[0, column]


def test_a_publication_left_out_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    left = read_published(folder).knowledge(["OMIM:1", "OMIM:2"], {"PMID:2"})
    never = [each for each in ANNOTATIONS if each[2] != "PMID:2"]
    other = read_published(write_ontology(tmp_path / "other", never))
    never_there = other.knowledge(["OMIM:1", "OMIM:2"])
    np.testing.assert_array_equal(left.propagated.toarray(), never_there.propagated.toarray())


def test_a_finding_said_to_be_absent_is_none(folder: Path) -> None:
    assert read_published(folder).knowledge(["OMIM:3"]).annotated.tolist() == [0]


def test_orphanet_only_where_asked_for(folder: Path) -> None:
    published = read_published(folder)
    assert published.diseases() == ["OMIM:1", "OMIM:2", "OMIM:3"]
    assert "ORPHA:4" in published.diseases(orphanet=True)


def test_obsolete_and_alternative_codes_mean_the_current_one(folder: Path) -> None:
    findings = read_published(folder).findings
    assert findings.columns[code_of(9002)] == findings.columns[leaf(0, 0)]
    assert findings.columns[code_of(9001)] == findings.columns[code_of(1000)]


def test_best_match_agrees_with_its_definition(folder: Path) -> None:
    published = read_published(folder)
    known = published.knowledge(published.diseases())
    case = [leaf(0, 1), leaf(1, 0)]
    observed = published.findings.matrix([case])
    match = Matcher(known).scores(observed, observed * 0).match[0]
    for disease in range(len(known.diseases)):
        assert match[disease] == pytest.approx(_by_hand(known, observed.indices, disease), abs=1e-5)


def _by_hand(known: Knowledge, case: npt.NDArray[np.int32], disease: int) -> float:
    information, above = known.information, known.findings.ancestors
    row = known.frequencies[disease]

    def shared(one: int, other: int) -> float:
        both = set(above(one).tolist()) & set(above(other).tolist())
        return max((float(information[each]) for each in both), default=0.0)

    columns, frequencies = row.indices.tolist(), row.data.tolist()
    findings = case.tolist()
    forth = sum(max((shared(t, u) for u in columns), default=0.0) for t in findings)
    told = sum(float(information[t]) for t in findings)
    pairs = list(zip(columns, frequencies, strict=True))
    back = sum(f * max(shared(t, u) for t in findings) for u, f in pairs)
    whole = sum(f * float(information[u]) for u, f in pairs)
    return float(forth / told + 0.5 * back / max(whole, 1e-6))


def test_excluded_findings_only_ever_count_against(folder: Path) -> None:
    published = read_published(folder)
    known = published.knowledge(published.diseases())
    every = published.findings.matrix([list(published.findings.codes)])
    scores = Matcher(known).scores(every, every)
    assert (scores.against <= 0).all()
    assert scores.against[0, 0] < 0
    without = Matcher(known).scores(every, every * 0)
    for name in ("match", "symmetric", "likelihood", "likelihood_above", "cosine"):
        np.testing.assert_array_equal(getattr(scores, name), getattr(without, name))


@pytest.mark.parametrize("name", ["hp.obo", "phenotype.hpoa"])
def test_a_missing_or_foreign_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("nothing\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=name):
        read_published(folder)
    (folder / name).unlink()
    with pytest.raises(SettingsError, match=name):
        read_published(folder)
