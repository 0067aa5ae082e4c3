"""The committee's page is true to the run, whatever became of it, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from server.committee.known import Known, known_of
from server.committee.page import PACKAGE, committee_page, page_of
from server.committee.shares import FEW_CASES, Share
from server.home import CoordinatorHome
from server.run_store import RunStore
from shared.errors import SettingsError
from shared.pages.words import LANGUAGES, Catalogue
from tests.sample_federation import IN_USE, WAITING, write_federation

SAY = Catalogue(PACKAGE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    return write_federation(tmp_path_factory.mktemp("committee") / "home")


def in_language(page: str, language: str) -> str:
    """Return what a reader of one language sees, without the drawing's hidden texts."""
    other = next(each for each in LANGUAGES if each != language)
    page = re.sub(rf'<(span|text) [^>]*lang="{other}"[^>]*>.*?</\1>', "", page)
    page = re.sub(r"<(title|desc|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_run_has_a_page_that_names_every_hospital(home: CoordinatorHome) -> None:
    runs = RunStore(home.engine()).all()
    assert {each.status for each in runs} >= {"completed", "partial", "failed", "running"}
    for run in runs:
        text = in_language(committee_page(home, run.id), "en")
        for name in known_of(home, run.id).joined:
            assert name in text, (run.id, name)


def test_figures_are_those_of_the_run(home: CoordinatorHome) -> None:
    known = known_of(home, WAITING)
    figures, text = known.figures, in_language(committee_page(home, WAITING), "en")
    assert figures is not None
    assert figures.accuracy is not None
    assert f"first for {100 * figures.accuracy:.0f} of 100 patients" in text
    for name, each in figures.by_hospital.items():
        low, high = Share.of(each).bounds or (0, 0)
        assert f"{100 * each['accuracy']:.0f} [{100 * low:.0f}, {100 * high:.0f}]" in text, name


def test_what_waits_is_asked_and_what_is_settled_is_not(home: CoordinatorHome) -> None:
    assert "What is asked of you" in in_language(committee_page(home, WAITING), "en")
    assert "What is asked of you" not in in_language(committee_page(home, IN_USE), "en")


def test_a_partial_run_is_not_called_a_success(home: CoordinatorHome) -> None:
    partial = next(each for each in RunStore(home.engine()).all() if each.status == "partial")
    text = in_language(committee_page(home, partial.id), "en")
    assert "Torino are neither in the model nor in the figures" in text
    assert "left out: its node cannot be reached any more" in text
    assert "is good enough, or is repeated" in text


def test_a_failed_run_says_that_nothing_came_of_it(home: CoordinatorHome) -> None:
    failed = next(each for each in RunStore(home.engine()).all() if each.status == "failed")
    assert "nothing came of it" in in_language(committee_page(home, failed.id), "en")


def test_a_private_run_says_what_is_promised(home: CoordinatorHome) -> None:
    known = known_of(home, IN_USE)
    settings = known.line.run.settings
    for guarantee, words in (
        ("none", "Nothing is promised by formula"),
        ("secret_sums", "sums over all hospitals only"),
        ("differential", "epsilon 2.50"),
    ):
        privacy = settings.privacy.model_copy(update={"guarantee": guarantee, "epsilon": 2.5})
        run = replace(known.line.run, settings=settings.model_copy(update={"privacy": privacy}))
        changed = replace(known, line=replace(known.line, run=run))
        assert words in in_language(page_of(changed), "en")


def test_a_run_that_learned_to_rank_shows_ranks(home: CoordinatorHome) -> None:
    known = known_of(home, IN_USE)
    share = {"hits": 30, "cases": 60, "value": 0.5, "low": 0.38, "high": 0.62}
    empty = {"hits": 0, "cases": 0, "value": None, "low": None, "high": None}
    groups = {
        "all": {"top_1": share, "top_10": share},
        "without_cases": {"top_1": empty, "top_10": empty},
    }
    ranking = {"diseases": 8000, "training_cases": 400}
    ranking |= {"top": {"federated": groups, "matching": groups}}  # type: ignore[dict-item]
    hospitals = [{"name": "Porto", "rows": 60, "data_version": "x"}]
    result = {"hospitals": hospitals, "models": {}, "left_out": {}, "ranking": ranking}
    line = replace(known.line, run=replace(known.line.run, result=result))
    changed = Known(known.federation, line, known.contract, [], known.joined)
    text = in_language(page_of(changed), "en")
    assert "It ranks 8,000 diseases, and learned from 400 cases." in text
    assert "50 [38, 62]" in text
    assert "Disease without any" not in text


def test_an_interval_that_holds_noise_is_shown_as_it_was_told() -> None:
    assert Share(0.5, 60, (0.1, 0.9)).words(SAY).en == "50 [10, 90]"
    assert Share(0.5, 60).words(SAY).en == "50 [38, 62]"


def test_nothing_few_and_many_are_three_texts() -> None:
    texts = [
        Share(None, 0).words(SAY),
        Share(None, 80).words(SAY),
        Share(0.5, FEW_CASES - 1).words(SAY),
        Share(0.5, FEW_CASES).words(SAY),
    ]
    assert len(set(texts)) == 4
    assert "few" in texts[2].en
    assert "few" not in texts[3].en


def test_both_languages_say_the_same_things(home: CoordinatorHome) -> None:
    assert SAY.texts["en"].keys() == SAY.texts["es"].keys()
    for key, english in SAY.texts["en"].items():
        gaps = set(re.findall(r"{(\w+)}", english))
        assert gaps == set(re.findall(r"{(\w+)}", SAY.texts["es"][key])), key
    spanish = in_language(committee_page(home, WAITING), "es")
    for word in ("hospitals", "Right", "patients", "Decided", "Held", "against"):
        assert word not in spanish, word


def test_a_run_that_is_not_there(home: CoordinatorHome, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no run 'run-9999'"):
        committee_page(home, "run-9999")
