"""Recall of identifiers and share of other words kept, as docs/what-leaves.md states them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from client.scrubbing import scrub
from client.scrubbing.vocabulary import plain, vocabulary
from shared.ontology import HPO, terminology
from simulations.notes import write_note
from tests.unit.client.scrubbing.made_up_notes import SENTENCES, MadeUpNote, made_up_notes
from tests.unit.client.scrubbing.made_up_persons import LISTED, UNLISTED, Language
from tests.unit.client.scrubbing.measuring import Measured, measure
from tests.unit.client.scrubbing.other_sentences import SENTENCES as OTHER_SENTENCES

LANGUAGES: list[Language] = ["es", "en"]
NOTES = 100


@cache
def notes(language: Language, *, unlisted: bool, other: bool = False) -> list[MadeUpNote]:
    sentences = OTHER_SENTENCES if other else SENTENCES
    return made_up_notes(language, NOTES, 20, unlisted=unlisted, sentences=sentences)


def measured(*, other: bool, unlisted: bool | None = None) -> Measured:
    chosen = [False, True] if unlisted is None else [unlisted]
    return measure(
        note
        for language in LANGUAGES
        for kind in chosen
        for note in notes(language, unlisted=kind, other=other)
    )


def test_half_of_the_names_are_in_no_list() -> None:
    known = vocabulary().names
    for language in LANGUAGES:
        for listed, unlisted in zip(LISTED[language], UNLISTED[language], strict=True):
            assert {plain(name) for name in listed} <= known
            parts = {part for name in unlisted for part in plain(name).split("-")}
            assert not parts & known


def test_identifiers_go_and_clinical_words_stay() -> None:
    found = measured(other=False)
    assert found.identifiers.total() > 2000
    assert found.recall >= 0.995, found.examples
    assert found.share_kept >= 0.995, found.examples
    for kind, count in found.identifiers.items():
        assert found.missed[kind] <= 0.03 * count, kind


@pytest.mark.parametrize(("unlisted", "floor"), [(False, 0.98), (True, 0.97)])
def test_other_sentences_with_names_of_the_lists_and_without(unlisted: bool, floor: float) -> None:
    found = measured(other=True, unlisted=unlisted)
    assert found.recall >= floor, found.examples
    assert found.share_kept >= 0.99, found.examples


def test_names_of_findings_survive() -> None:
    terms = terminology(HPO)
    names = [terms.name(code) for code in terms.codes()]
    changed = [name for name in names if scrub(name) != name]
    assert len(names) > 10_000
    assert len(changed) < 0.001 * len(names), changed


def test_notes_of_simulated_patients_stay_as_they_are() -> None:
    terms = terminology(HPO)
    generator = np.random.default_rng(0)
    names = [terms.name(code) for code in terms.codes()]
    for _ in range(300):
        chosen = [names[place] for place in generator.integers(len(names), size=4)]
        for language in LANGUAGES:
            note = write_note(language, float(generator.uniform(0, 80)), chosen, generator)
            if all(scrub(name) == name for name in chosen):
                assert scrub(note) == note


def test_scrubbing_scrubbed_notes_changes_nothing() -> None:
    for language in LANGUAGES:
        for other in (False, True):
            for unlisted in (False, True):
                for note in notes(language, unlisted=unlisted, other=other):
                    once = scrub(note.text)
                    assert scrub(once) == once
