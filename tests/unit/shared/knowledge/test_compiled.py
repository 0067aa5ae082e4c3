"""What is published reads from its file as it was compiled; what does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.errors import BundleError
from shared.knowledge import Published, read_published
from shared.knowledge.compiled import (
    FILE,
    knowledge_arrays,
    knowledge_file,
    open_knowledge,
    published_of,
)
from shared.knowledge.installed import installed_published
from tests.unit.shared.ranking.small_ontology import leaf, write_ontology


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    rows = [
        ("OMIM:7", leaf(0, 1), "PMID:1", "3/4"),
        ("OMIM:7", leaf(0, 1), "PMID:2;PMID:3", "1/4"),
        ("OMIM:7", leaf(2, 2), "PMID:2", ""),
        ("ORPHA:5", leaf(1, 1), "ORPHA:5", "25%"),
    ]
    return read_published(write_ontology(tmp_path_factory.mktemp("published"), rows))


def test_the_file_holds_all_that_was_published(published: Published, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(knowledge_file(published, {"I10": "Hypertension"}))
    found = open_knowledge(tmp_path / FILE)
    assert found.names["I10"] == "Hypertension"
    assert found.diseases(orphanet=True) == ["OMIM:7", "ORPHA:5"]
    assert dict(found.findings.columns) == dict(published.findings.columns)
    assert found.findings.known == published.findings.known
    candidates = ["I10", "ORPHA:5", "OMIM:7"]
    for left_out in ((), ("PMID:3",), ("PMID:1", "PMID:2")):
        ours, theirs = (each.knowledge(candidates, left_out) for each in (found, published))
        assert np.array_equal(ours.frequencies.toarray(), theirs.frequencies.toarray())
        assert np.array_equal(ours.propagated.toarray(), theirs.propagated.toarray())


def test_each_annotation_keeps_its_publications(published: Published) -> None:
    column = published.findings.columns[leaf(0, 1)]
    assert published.table.sources("OMIM:7", column) == ("PMID:1", "PMID:2", "PMID:3")
    assert published.table.sources("OMIM:8", column) == ()


def test_arrays_that_do_not_fit_are_refused(published: Published, tmp_path: Path) -> None:
    arrays = knowledge_arrays(published)
    for name in ("column", "cited_ends", "above", "means"):
        wrong = {**arrays, name: arrays[name] + 10_000}
        with pytest.raises(BundleError, match="do not fit"):
            published_of(wrong)
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(BundleError):
        open_knowledge(tmp_path / FILE)


def test_the_installed_release_stands_in_for_the_files() -> None:
    found = installed_published()
    assert len(found.diseases()) > 8000
    known = found.knowledge(["OMIM:142900"])
    named = {found.findings.names[each] for each in known.frequencies.indices}
    assert "Atrial septal defect" in named
    # A code that was merged into another means that other.
    assert found.findings.columns["HP:0001631"] in known.frequencies.indices
