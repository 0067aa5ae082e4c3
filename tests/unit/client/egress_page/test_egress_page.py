from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from sqlalchemy import text
from typer.testing import CliRunner

from client.cli import app
from client.egress_page import collecting, render
from client.egress_page.gathering import gather
from client.egress_page.numbers import power, significant, size
from client.egress_page.payloads import MOST_CHARACTERS, MOST_NUMBERS, payload_text
from client.home import NodeHome
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.egress import EGRESS_FOLDER
from client.privacy.opening import open_gate, open_ledger
from client.privacy.pause import pause
from shared.errors import JuntosError
from shared.pages.words import Catalogue
from shared.questions import EVERY_QUESTION
from shared.session.messages import content_bytes
from tests.unit.client.privacy.conftest import noised, question, reply_to

Answered = Callable[..., None]


@pytest.fixture
def answered(node_home: NodeHome) -> Answered:
    """Have the node answer: with noise, or without any, in a run."""

    def answer(kind: str = "query.sum", noise: float | None = 10.0, text: str = "counts") -> None:
        asked = question(kind)
        gate = open_gate(node_home)
        gate.admit(asked)
        if noise:
            gate.spend(noised(noise))
        gate.sent(reply_to(asked, text))

    return answer


def page_of(home: NodeHome, *arguments: str) -> str:
    file = home.path / "page.html"
    result = CliRunner().invoke(
        app, ["ledger", "--page", str(file), *arguments, "--home", str(home.path)]
    )
    assert result.exit_code == 0, result.exception
    assert str(file) in result.output
    return file.read_text(encoding="utf-8")


def spoken(page: str, language: str) -> str:
    """Return what a reader of one language reads, without tags."""
    other = "es" if language == "en" else "en"
    own = re.sub(rf'<(span|text)[^>]*lang="{other}"[^>]*>.*?</\1>', "", page)
    own = re.sub(r"<(style|script|option)[^>]*>.*?</\1>", "", own, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", own))


def test_the_answer_comes_first_in_both_languages(node_home: NodeHome, answered: Answered) -> None:
    answered()
    answered()
    page = page_of(node_home)
    epsilon = epsilon_of(Counts({kind_of(noised(10.0)): 2}), 1e-5)
    english, spanish = significant(epsilon).en, significant(epsilon).es
    lead = f"Epsilon {english} of 8 spent; 2 releases in 1 run; nothing refused."
    assert lead in spoken(page, "en")
    lead = f"Épsilon {spanish} de 8 gastado; 2 entregas en 1 ejecución; nada rechazado."
    assert lead in spoken(page, "es")
    assert spoken(page, "en").index("spent; 2 releases") < spoken(page, "en").index(
        "What left, run"
    )


def test_the_curve_ends_where_the_answer_says(node_home: NodeHome, answered: Answered) -> None:
    for noise in (10.0, 7.0, 9.0):
        answered(noise=noise)
    found = gather(node_home)
    recorded = [each.epsilon for each in open_ledger(node_home).entries() if each.epsilon]
    assert found.curve[-1][1] == pytest.approx(found.epsilon)
    assert [epsilon for _, epsilon in found.curve] == sorted(epsilon for _, epsilon in found.curve)
    assert all(told <= bound for (_, told), bound in zip(found.curve, recorded, strict=True))


def test_the_page_asks_the_network_for_nothing(node_home: NodeHome, answered: Answered) -> None:
    answered()
    page = page_of(node_home)
    without_names = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"https?://|//[a-z]|<link|<img|@import|url\(", without_names)
    assert "<script>" in page
    assert (node_home.path / "page.html").stat().st_mode & 0o777 == 0o600


def test_every_item_says_what_to_whom_how_large_and_what_it_told(
    node_home: NodeHome, answered: Answered
) -> None:
    node_home.policy_file.write_text("formal_privacy_required = false\n")
    answered()
    answered("evaluate", None)
    with pytest.raises(JuntosError):
        answered("query.grow", None)
    page = spoken(page_of(node_home), "en")
    entries = open_ledger(node_home).entries()
    for expected in (
        "A step of training",
        "Judging models",
        "A level of trees that grow together",
        "Test at 127.0.0.1",
        entries[1].digest,
        "✓ sent",
        "✗ refused",
        "not bounded",
        "holds sums over fewer than 5 patients",
        "1 answer left without a formal guarantee",
        "1 refused",
        entries[-1].hash,
    ):
        assert expected in page, expected


def test_answers_are_shown_as_they_left_and_text_is_no_markup(
    node_home: NodeHome, answered: Answered
) -> None:
    answered(text="<script>alert(1)</script>")
    page = page_of(node_home)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_copy_that_is_not_what_left_is_said_to_be_changed(
    node_home: NodeHome, answered: Answered
) -> None:
    answered(text="as it left")
    (copy,) = (node_home.path / EGRESS_FOLDER).iterdir()
    assert "as it left" in page_of(node_home)
    copy.write_bytes(copy.read_bytes().replace(b"as it left", b"as I like!"))
    page = spoken(page_of(node_home), "en")
    assert "as I like" not in page
    assert "1 kept copy is not what left" in page
    copy.unlink()
    assert "No copy is kept." in spoken(page_of(node_home), "en")


def test_a_long_page_leaves_the_oldest_copies_out(
    node_home: NodeHome, answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(text="the older")
    answered(text="the newer")
    monkeypatch.setattr(collecting, "MOST_COPIES", 5)
    page = page_of(node_home)
    assert "the newer" in page
    assert "the older" not in page
    assert "the page would get too long" in page


def test_what_was_counted_and_not_sent_is_there(node_home: NodeHome) -> None:
    gate = open_gate(node_home)
    gate.admit(question("query.sum"))
    gate.spend(noised(10.0))
    page = spoken(page_of(node_home), "en")
    assert "○ counted, not sent" in page
    assert "1 release was counted as spent and not sent" in page


def test_only_one_run(node_home: NodeHome, answered: Answered) -> None:
    answered()
    assert "Run 7" in spoken(page_of(node_home, "--run", "7"), "en")
    other = spoken(page_of(node_home, "--run", "8"), "en")
    assert "Only run8" in other
    assert "Run 7" not in other


def test_an_empty_ledger_and_a_pause_have_words_of_their_own(node_home: NodeHome) -> None:
    pause(node_home.path)
    page = spoken(page_of(node_home), "en")
    assert "Epsilon 0 of 8 spent; 0 releases in 0 runs; nothing refused." in page
    assert "Nothing has left this hospital yet" in page
    assert "The node is paused" in page


def test_a_ledger_that_was_changed_gives_no_page(node_home: NodeHome, answered: Answered) -> None:
    answered()
    with open_ledger(node_home).engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_is_not_changed"))
        connection.execute(text("UPDATE ledger SET size = 1 WHERE number = 2"))
    arguments = ["ledger", "--page", str(node_home.path / "p.html"), "--home", str(node_home.path)]
    result = CliRunner().invoke(app, arguments)
    assert "entry 2" in str(result.exception)
    assert not (node_home.path / "p.html").exists()


def test_a_folder_that_is_not_there_is_named(node_home: NodeHome) -> None:
    target = str(node_home.path / "nowhere" / "p.html")
    result = CliRunner().invoke(app, ["ledger", "--page", target, "--home", str(node_home.path)])
    assert isinstance(result.exception, JuntosError)
    assert "cannot be written" in result.exception.what


def test_rendering_needs_nothing_but_the_content(node_home: NodeHome, answered: Answered) -> None:
    answered()
    found = gather(node_home)
    again = render(replace(found, written=datetime(2026, 3, 5, 7, 8, 9, tzinfo=UTC)))
    assert "5 Mar 2026, 07:08:09 UTC" in spoken(again, "en")
    assert "5 mar 2026, 07:08:09 UTC" in spoken(again, "es")


def test_every_question_and_every_text_has_words_in_both_languages() -> None:
    say = Catalogue("client.egress_page")
    assert set(say.texts["en"]) == set(say.texts["es"])
    assert {f"question.{kind}" for kind in EVERY_QUESTION} <= set(say.texts["en"])
    for key, english in say.texts["en"].items():
        gaps = re.findall(r"{(\w+)}", english)
        assert sorted(gaps) == sorted(re.findall(r"{(\w+)}", say.texts["es"][key])), key


def test_long_arrays_are_cut_and_say_how_much_more() -> None:
    values = np.arange(MOST_NUMBERS + 13, dtype=np.int64) + 10**17
    record = RecordDict(
        {
            "arrays": ArrayRecord({"sum": Array(values)}),
            "metrics": MetricRecord({"loss": 0.25}),
            "config": ConfigRecord({"answer": json.dumps({"counts": list(range(500)), "n": 3})}),
        }
    )
    text_of = payload_text(content_bytes(reply_with(record)))
    assert f"int64 {MOST_NUMBERS + 13}" in text_of
    assert str(10**17 + MOST_NUMBERS - 1) in text_of
    assert str(10**17 + MOST_NUMBERS) not in text_of
    assert "… + 13" in text_of
    assert "… + 300" in text_of
    assert "metrics / loss: 0.25" in text_of


def reply_with(record: RecordDict) -> Message:
    return Message(record, reply_to=question("train"))


def test_a_long_text_is_cut() -> None:
    text_of = payload_text(
        content_bytes(reply_with(RecordDict({"config": ConfigRecord({"answer": "x" * 50_000})})))
    )
    assert len(text_of) < MOST_CHARACTERS + 50
    assert "… + " in text_of


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        payload_text(b"\xff\xff no message")


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (0.0, "0", "0"),
        (8.0, "8", "8"),
        (1.3, "1.3", "1,3"),
        (0.02346, "0.0235", "0,0235"),
        (12345.6, "12,346", "12.346"),
        (float("inf"), "∞", "∞"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(
    value: float, english: str, spanish: str
) -> None:
    assert (significant(value).en, significant(value).es) == (english, spanish)


def test_sizes_and_powers() -> None:
    assert size(55).en == "55\N{NO-BREAK SPACE}B"
    assert size(129_400).es == "129\N{NO-BREAK SPACE}kB"
    assert power(1e-5).en == "10⁻⁵"
    assert power(2.5e-6).es == "2,5 \N{MULTIPLICATION SIGN} 10⁻⁶"


def test_the_page_is_part_of_what_is_installed() -> None:
    import tomllib

    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    files = settings["tool"]["setuptools"]["package-data"]["client"]
    assert {"egress_page/templates/*", "egress_page/words/*.toml"} <= set(files)
