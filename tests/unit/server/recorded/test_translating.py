"""What the coordinator writes down is understood again, and said in Spanish."""

from __future__ import annotations

import re

import pytest

from server.recorded.translating import PACKAGES, recorded
from shared.pages.words import Catalogue

SENTENCES = [
    "4 hospitals took part in every round",
    "left out of part of the run: Torino (its node cannot be reached any more); Porto (no answer "
    "within 30 s)",
    "Torino was left out: its node cannot be reached any more",
    "2 hospitals can be reached; the run needs at least 3.",
    "2 of 5 hospitals answered; the run needs 3",
    "not connected when the run began",
    "Calendar entry 'weekly' (0 3 * * 1, Europe/Madrid) was due at 2026-11-02 02:00 UTC.",
    "Trigger drift_at_hospital: run-0004 found at Porto: age at Porto hardly varies any more: 90% "
    "of 400 cases have the same value. (2 more)",
    "Trigger new release: Juntos is 0.2.0 now, and was 0.1.0.",
    "Quiet hours until 2026-11-02 06:00 UTC.",
]
ENGLISH = {"the", "was", "left", "out", "reached", "hospitals", "hardly", "cases", "needs", "due"}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_its_sentences_have_no_english_left(sentence: str) -> None:
    found = recorded(sentence)
    assert found.en == sentence
    assert not ENGLISH & set(re.findall(r"[a-z]+", found.es.lower())), found.es
    for value in re.findall(r"\d+(?:[-:]\d+)*|Torino|Porto|weekly", sentence):
        assert value in found.es, (value, found.es)


def test_what_a_person_wrote_stays_as_it_is() -> None:
    for text in ("Before the committee of Thursday.", "", "Porto, again", "age"):
        assert recorded(text).es == text


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_of_the_catalogue_is_found_again(package: str) -> None:
    """Filled with names that are in no catalogue, each comes out in its own Spanish."""
    catalogue = Catalogue(package)
    missed = []
    for key, english in catalogue.texts["en"].items():
        gaps = dict.fromkeys(re.findall(r"{(\w+)}", english))
        if len(re.sub(r"{\w+}", "", english).split()) < 2:
            continue
        filled = {name: f"Q{place}" for place, name in enumerate(gaps)}
        if recorded(english.format(**filled)).es == english.format(**filled):
            missed.append(key)
    assert missed == []
