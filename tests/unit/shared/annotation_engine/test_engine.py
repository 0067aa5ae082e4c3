"""The engine of published annotations: its numbers against their definitions, its odd cases."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load

from shared.annotation_engine import layout
from shared.annotation_engine.compiling import compile_annotations
from shared.annotation_engine.engine import AnnotationEngine, open_engine, probabilities
from shared.annotation_engine.scoring import UNEXPECTED, Scorer
from shared.annotation_engine.telling import expected_drops
from shared.bundle.manifest import TERMS
from shared.compiled_terms import compile_terms, read_terms
from shared.compiled_terms.compiled import mapped_arrays
from shared.errors import BundleError
from shared.knowledge.installed import installed_findings, installed_published
from shared.knowledge.knowledge import annotated
from shared.knowledge.sources import Annotation
from shared.models.safetensors_file import arrays_to_file
from shared.ontology import HumanPhenotypeOntology
from shared.ranking.case import CaseFindings

HEADER = (
    "#version: 2025\ndatabase_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\t"
    "frequency\tsex\tmodifier\taspect\tbiocuration\n"
)
ROWS = [
    ("OMIM:1", "One", "", "HP:0001631", "PMID:1", "3/4", "P"),
    ("OMIM:1", "One", "", "HP:0001631", "PMID:2", "0/4", "P"),
    ("OMIM:1", "One", "", "HP:0001199", "PMID:1", "", "P"),
    ("OMIM:1", "One", "", "HP:0000006", "PMID:1", "", "I"),
    ("OMIM:2", "Two", "", "HP:0001166", "PMID:3", "90%", "P"),
    ("OMIM:2", "Two", "NOT", "HP:0001199", "PMID:3", "", "P"),
    ("ORPHA:3", "Three", "", "HP:0001250", "ORPHA:3", "HP:0040281", "P"),
]
KNOWN = HumanPhenotypeOntology()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("engine")
    lines = [
        "\t".join((a, b, c, d, e, "PCS", "", f, "", "", g, "HPO")) for a, b, c, d, e, f, g in ROWS
    ]
    (found / "phenotype.hpoa").write_text(HEADER + "\n".join(lines) + "\n")
    content = compile_annotations(installed_published(KNOWN, found / "phenotype.hpoa"))
    (found / layout.FILE).write_bytes(content[layout.FILE])
    (found / TERMS).write_bytes(compile_terms(KNOWN))
    return found


@pytest.fixture(scope="module")
def engine(folder: Path) -> AnnotationEngine:
    return open_engine(folder)


def test_sources_are_averaged_and_what_lies_above_is_as_frequent(folder: Path) -> None:
    arrays = mapped_arrays(folder / layout.FILE)
    scorer = Scorer(arrays)
    codes = layout.texts_of(arrays, layout.TERMS)
    place = {code: row for row, code in enumerate(codes)}
    diseases = layout.texts_of(arrays, layout.DISEASES)
    one = scorer.closure(diseases.index("OMIM:1"))
    assert one[place["HP:0001631"]] == pytest.approx(3.5 / 9)
    for above in KNOWN.ancestors("HP:0001631"):
        assert one[place[above]] >= 3.5 / 9 - 1e-6
    two = scorer.closure(diseases.index("OMIM:2"))
    # Said to be absent: it is not among what the disease is known for.
    assert place["HP:0001199"] not in two


def test_a_likelihood_is_what_its_definition_says(folder: Path) -> None:
    arrays = mapped_arrays(folder / layout.FILE)
    scorer, codes = Scorer(arrays), layout.texts_of(arrays, layout.TERMS)
    diseases = layout.texts_of(arrays, layout.DISEASES)
    observed = [codes.index("HP:0001631"), codes.index("HP:0001166")]
    excluded = [codes.index("HP:0001199")]
    found = scorer.score(observed, excluded).likelihood
    for number in range(len(diseases)):
        closure = scorer.closure(number)
        expected = 0.0
        for row in observed:
            ratios = [
                min(closure.get(above, 0.0), 0.97) / scorer.background[above]
                for above in scorer.lineage(row)
            ]
            expected += math.log(max([UNEXPECTED, *ratios]))
        for row in excluded:
            share = min(closure.get(row, 0.0), 0.97)
            expected += math.log((1 - share) / (1 - scorer.background[row]))
        assert found[number] == pytest.approx(expected, rel=1e-4)


def test_the_disease_that_fits_is_first_with_its_reasons(engine: AnnotationEngine) -> None:
    found = engine.rank(CaseFindings(("HP:0001631",), ("HP:0001166",)))
    first = found.diseases[0]
    assert first.code == "OMIM:1"
    assert [each.finding.code for each in first.matching] == ["HP:0001631"]
    assert first.matching[0].publications == ("PMID:1", "PMID:2")
    assert [each.finding.code for each in first.missing] == ["HP:0001199"]
    two = next(each for each in found.diseases if each.code == "OMIM:2")
    against = {each.finding.code for each in two.contradicting}
    assert against == {"HP:0001166", "HP:0001631"}
    assert first.url == "https://omim.org/entry/1"
    total = sum(each.probability for each in found.diseases) + found.something_else
    assert total == pytest.approx(1)


def test_a_more_specific_finding_counts_as_what_lies_above_it(engine: AnnotationEngine) -> None:
    # A kind of atrial septal defect that nothing is annotated with.
    assert "HP:0001684" not in engine.codes
    assert engine.rank(CaseFindings(("HP:0001684",))).diseases[0].code == "OMIM:1"


def test_prevalence_moves_the_ranking(engine: AnnotationEngine) -> None:
    plain = engine.rank(CaseFindings(()))
    stated = engine.rank(CaseFindings(()), {"ORPHA:3": 0.6})
    assert stated.diseases[0].code == "ORPHA:3"
    assert stated.diseases[0].probability == pytest.approx(0.6, abs=0.01)
    assert plain.doubt == stated.doubt == "no findings"


def test_a_list_that_says_next_to_nothing_says_so() -> None:
    codes = KNOWN.codes()
    said = [
        Annotation(f"OMIM:{number}", "", codes[number % 40], False, (), None, 0.0, "P", "")
        for number in range(900)
    ]
    published = annotated(installed_findings(KNOWN), said)
    arrays = load(compile_annotations(published)[layout.FILE])
    with TemporaryDirectory() as folder:
        path = Path(folder) / TERMS
        path.write_bytes(compile_terms(KNOWN))
        found = AnnotationEngine(Scorer(arrays), read_terms(path)).rank(CaseFindings((codes[0],)))
    assert (found.enough_evidence, found.doubt) == (False, "too little to tell")
    assert len(found.diseases) == 20


def test_odd_cases_are_told(engine: AnnotationEngine) -> None:
    found = engine.rank(CaseFindings(("SNOMED:1", "HP:0001250"), ("HP:0001250", "HP:0012638")))
    assert found.unknown == ("SNOMED:1",)
    assert found.contradictory == ("HP:0001250", "HP:0012638")
    assert engine.rank(CaseFindings(("SNOMED:1",))).doubt == "no usable findings"
    old = next(each for each in KNOWN.every_code() if KNOWN.current(each) != each)
    assert engine.rank(CaseFindings((old,))).replaced == {old: KNOWN.current(old)}
    assert len(engine.rank(CaseFindings(KNOWN.codes()[:66])).diseases) == 3


@settings(max_examples=40, deadline=None)
@given(st.permutations(["HP:0001631", "HP:0001166", "HP:0001250", "HP:0001199"]))
def test_the_order_of_findings_does_not_matter(engine: AnnotationEngine, codes: list[str]) -> None:
    present, absent = tuple(codes[:2]), tuple(codes[2:])
    same = engine.rank(CaseFindings(tuple(sorted(present)), tuple(sorted(absent))))
    found = engine.rank(CaseFindings(present, absent))
    assert [each.probability for each in found.diseases] == pytest.approx(
        [each.probability for each in same.diseases]
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-40, 40), min_size=2, max_size=8))
def test_probabilities_sum_to_one_with_something_else(likelihood: list[float]) -> None:
    priors = np.full(len(likelihood), 0.9 / len(likelihood))
    shares, other = probabilities(np.array(likelihood), priors)
    assert shares.sum() + other == pytest.approx(1)
    assert np.isfinite(shares).all()


def test_the_expected_drop_is_the_mutual_information() -> None:
    generator = np.random.default_rng(3)
    shares = generator.dirichlet(np.ones(5))
    likely = generator.uniform(0.01, 0.97, (4, 5))
    drops, chances = expected_drops(shares, likely)
    for line in range(4):
        joint = np.stack([likely[line] * shares, (1 - likely[line]) * shares])
        outer = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
        assert drops[line] == pytest.approx(float((joint * np.log2(joint / outer)).sum()))
        assert chances[line] == pytest.approx(joint[0].sum())


def test_arrays_that_do_not_fit_are_refused(folder: Path, tmp_path: Path) -> None:
    arrays = dict(mapped_arrays(folder / layout.FILE))
    arrays[layout.CARRIERS] = np.asarray(arrays[layout.CARRIERS]) + 10_000
    content = arrays_to_file(layout.FILE, arrays)
    (tmp_path / layout.FILE).write_bytes(content[layout.FILE])
    (tmp_path / TERMS).write_bytes((folder / TERMS).read_bytes())
    with pytest.raises(BundleError, match="do not fit"):
        open_engine(tmp_path)
    (tmp_path / layout.FILE).write_bytes(b"no arrays")
    with pytest.raises(BundleError):
        open_engine(tmp_path)
