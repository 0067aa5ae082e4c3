"""Made-up notes know what they mean, and share nothing with the rules that read them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from shared.findings_in_notes.finding import NoteFinding
from shared.ontology import HumanPhenotypeOntology
from simulations.made_up_notes import writing
from simulations.made_up_notes.scoring import score
from simulations.made_up_notes.writing import KINDS, made_up_notes


@pytest.mark.parametrize("held_out", [False, True])
def test_notes_are_the_same_for_a_seed_and_of_every_kind(held_out: bool) -> None:
    notes = made_up_notes(200, 3, held_out=held_out)
    assert notes == made_up_notes(200, 3, held_out=held_out)
    assert Counter(each.language for each in notes) == {"en": 100, "es": 100}
    assert {each.kind for note in notes for each in note.meant} == set(KINDS)
    assert not [note for note in notes if "{" in note.text]


def test_every_finding_is_a_term_and_stands_in_its_sentence() -> None:
    findings = set(HumanPhenotypeOntology().codes())
    for note in made_up_notes(100, 1):
        for each in note.meant:
            assert each.code in findings, each
            sentences = [note.text[a:b] for a, b, kind in note.sentences if kind == each.kind]
            assert any(each.phrase.casefold() in text.casefold() for text in sentences), each


def test_the_writer_imports_neither_rules_nor_their_lists() -> None:
    tree = ast.parse(Path(writing.__file__).read_text(encoding="utf-8"))
    names = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    ]
    assert not [name for name in names if name.startswith(("shared", "client"))]


def test_right_is_the_term_and_how_it_is_meant() -> None:
    (note,) = made_up_notes(1, 5)
    perfect = [
        NoteFinding(each.code, "", start, start, "", each.state)  # type: ignore[arg-type]
        for each in note.meant
        for start, _, kind in note.sentences
        if kind == each.kind
    ][: len(note.meant)]
    counts = score([note], [perfect])["all"]
    assert counts.meant == len(note.meant)
    assert counts.right <= counts.found
    nothing = score([note], [[]])["all"]
    assert (nothing.found, nothing.right) == (0, 0)
    assert nothing.as_json()["recall"] == 0.0
    assert nothing.as_json()["precision"] is None
