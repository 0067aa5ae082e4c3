"""Watches in the database, and as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import Engine

from server.database import open_database
from server.watch.heat_map import heat_map
from server.watch.overview import SHAPES, rows_of
from server.watch.report import MOST_SHOWN, lead, page_of, write_report
from server.watch.running import headers_of, outcome, result_figures
from server.watch.store import WatchStore
from shared.errors import SettingsError
from shared.pages.words import Catalogue
from shared.watch.settings import WatchSettings
from shared.watch.verdict import FEDERATION
from shared.watch.watch import Watch
from simulations.watched_hospitals import Change, Federation


@pytest.fixture(scope="module")
def history() -> list[Watch]:
    federation = Federation(400, 3, 5, WatchSettings(simulated_windows=200))
    changes = {"B": Change(unit={"glucose": 18.0156}), "C": Change(severity=1.2)}
    return federation.judged_history([{}, changes])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = open_database(f"sqlite:///{tmp_path}/coordinator.db")
    yield found
    found.dispose()


def test_what_is_kept_is_what_was_found(engine: Engine, history: list[Watch]) -> None:
    store = WatchStore(engine)
    assert store.newest() is None
    assert store.history() == []
    for each in history:
        store.add(each)
        store.add(each)
    assert store.history() == history
    assert store.newest() == history[-1]
    assert store.read(history[0].run) == history[0]
    assert store.read("run-9999") is None
    assert store.history(history[1].made) == history[1:]


def test_old_watches_are_removed(engine: Engine, history: list[Watch]) -> None:
    store = WatchStore(engine)
    for each in history:
        store.add(each)
    now = datetime(2026, 1, 14, tzinfo=UTC)
    store.remove_old(0, now)
    assert len(store.history()) == 2
    store.remove_old(5, now)
    assert store.history() == history[1:]


def test_confirmed_diagnoses_are_asked_for_from_where_they_were_told(history: list[Watch]) -> None:
    told = {name: each.confirmed_since for name, each in headers_of(history).items()}
    confirmed = history[-1].answers["A"].confirmed
    assert confirmed is not None
    assert told["A"] == confirmed.until
    few = history[-1].answers["A"].model_copy(update={"confirmed": None})
    newer = history[-1].model_copy(update={"answers": {"A": few}})
    assert headers_of([history[0], newer])["A"].confirmed_since == history[0].made


def test_the_gravest_of_each_is_marked(history: list[Watch]) -> None:
    rows = {(each.hospital, each.name): each for each in rows_of(history)}
    assert [each.mark for each in rows["B", "glucose"].spots] == ["steady", "feed"]
    assert rows["C", "label"].newest.mark == "moved"
    assert rows[FEDERATION, "glucose"].newest.mark in ("steady", "moved")
    assert {each.hospital for each in rows_of(history, "B")} == {"B"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_each_cell_has_a_shape_and_a_word(history: list[Watch]) -> None:
    say = Catalogue("server.watch")
    drawn = heat_map(rows_of(history), history, say).file()
    for mark in ("feed", "moved", "steady"):
        assert f"{SHAPES[mark]} {say(f'mark.{mark}').en}" in drawn
    assert drawn.count("<rect") > 2 * 4 * 14


def test_the_page_says_what_calls_for_attention(history: list[Watch], tmp_path: Path) -> None:
    written = write_report(history, tmp_path / "new" / "drift.html", "<Hearts>", 0.01)
    text = written.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert "&lt;Hearts&gt;" in text
    assert "Glucose at B arrives in another unit" in text
    assert "Glucose llega a B en otra unidad" in text
    long = [history[0]] * (MOST_SHOWN + 3)
    assert page_of(long, "x", 0.01).count("2026-01-05</text>") == 5 * MOST_SHOWN


def test_a_page_that_cannot_be_written_says_so(history: list[Watch], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_report(history, tmp_path / "file" / "drift.html", "x", 0.01)


def test_both_languages_have_the_same_texts() -> None:
    for package in ("server.watch", "shared.watch"):
        texts = Catalogue(package).texts
        assert texts["en"].keys() == texts["es"].keys()


def test_how_a_run_went_is_said_honestly(history: list[Watch]) -> None:
    say = Catalogue("server.watch")
    assert lead(history[0], say).en == "Of 4 hospitals: nothing calls for attention."
    status, message = outcome(history[-1])
    assert status == "completed"
    assert "Glucose at B arrives in another unit" in message
    partial = history[0].model_copy(update={"left_out": {"E": "no answer"}})
    assert outcome(partial)[0] == "partial"
    figures = result_figures(history[-1])
    assert figures["watched"] == ["A", "B", "C", "D"]
    assert figures["new_for_training"] == history[-1].new_for_training
