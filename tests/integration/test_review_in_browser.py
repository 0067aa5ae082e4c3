"""A review from the queue to another training result, by a reader at a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from client.home import open_home, open_hospital
from client.review.book import Book
from client.review.opening import open_database, read_overlay
from client.training.local_models import probabilities, train_alone
from shared.contract import Contract
from shared.records import Records
from shared.run_settings import RunSettings
from tests.conftest import learnable_records
from tests.review_browser import CHROMIUM, chromium, juntos, served, sign_in
from tests.review_hospital import ReviewHospital, review_hospital

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")

READER = "Dr. Ana Ruiz"
WIDTHS = (360, 768, 1280, 2560)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> ReviewHospital:
    found = review_hospital(tmp_path_factory.mktemp("filled") / "node", rows=200, share=0.15)
    fill(found.home.path)
    return found


@pytest.fixture
def hospital(filled: ReviewHospital, tmp_path: Path) -> ReviewHospital:
    """The hospital with a full queue; each test has its own."""
    shutil.copytree(filled.home.path, tmp_path / "node")
    return replace(filled, home=open_home(tmp_path / "node"))


def fill(home: Path) -> None:
    command = juntos("node", "review", "fill", "--home", str(home))
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    found = context.new_page()
    # A page that breaks its own content policy, or fails to load a part, says so here.
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text))
    yield found
    context.close()
    assert [each for each in said if "422" not in each and "409" not in each] == []


def source_row(page: Page) -> int:
    found = re.search(r"row (\d+) of the source", page.inner_text("main"))
    assert found
    return int(found[1])


def answer_as_the_chart_says(page: Page, truth: Records) -> None:
    """Answer one question about a diagnosis with the keyboard alone, knowing the patient."""
    right = str(truth.labels[source_row(page) - 2])
    title = page.inner_text("h1")
    page.keyboard.press("2")
    options = page.locator("#code option").evaluate_all("all => all.map(o => [o.value, o.text])")
    if f"“{dict(options)[right]}”" in title:
        page.keyboard.press("1")
    else:
        page.select_option("#code", right)
        page.focus("#comment")
        page.keyboard.type("as the chart says")
    before = page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != before)


def review_everything(page: Page, hospital: ReviewHospital) -> int:
    """Answer all that is asked about diagnoses; return how many questions that were."""
    answered = 0
    page.goto(page.url.split("/review")[0] + "/review")
    links = page.locator("a[data-row]", has_text="the right diagnosis")
    while links.count():
        page.keyboard.press("j")
        links.first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/questions/**")
        while "/questions/" in page.url and "the right diagnosis" in page.inner_text("h1"):
            answer_as_the_chart_says(page, hospital.truth)
            answered += 1
        page.goto(page.url.split("/review")[0] + "/review")
    return answered


def score(contract: Contract, learned: Records) -> float:
    """Return the share of new patients whose group of diagnoses the hospital's own model finds."""
    settings = RunSettings(models=["random_forest"], compare_alone=False)
    preparation, models = train_alone("test", contract, learned, settings)
    new = learnable_records(contract, 600, 99)
    said = probabilities(new, settings, preparation, "random_forest", models["random_forest"])
    groups = np.array([contract.group_of(leaf) == "disease" for leaf in contract.leaves])
    sick = np.array([contract.group_of(str(label)) == "disease" for label in new.labels])
    return float(((said[:, groups].sum(axis=1) > 0.5) == sick).mean())


def test_a_review_from_the_queue_to_another_training_result(
    page: Page, hospital: ReviewHospital, contract: Contract
) -> None:
    home = hospital.home.path
    before = open_hospital(home).local
    with served(home, READER) as site:
        sign_in(page, site)
        expect(page.locator("h1")).to_contain_text("questions wait for you")
        answered = review_everything(page, hospital)
        page.goto(site.address + "/review/progress")
        expect(page.locator("h1")).to_contain_text(f"{answered} of ")
        progress = page.inner_text("main")
    after = open_hospital(home).local
    wrong_before = before.records.labels != hospital.truth.labels
    wrong_after = after.records.labels != hospital.truth.labels
    found = int(wrong_before.sum() - wrong_after.sum())
    # Half of what was wrong was in the queue, and a fifth of the records was looked at.
    assert wrong_before.sum() == len(hospital.wrong)
    assert found >= 0.4 * len(hospital.wrong)
    assert answered <= 0.25 * len(hospital.truth)
    assert found >= 2 * answered * len(hospital.wrong) / len(hospital.truth)
    assert f"Diagnoses corrected: {found}." in progress
    # The source is what it was, training sees what was decided, and the version says so.
    assert (open_hospital(home).local.records.labels == after.records.labels).all()
    assert before.records.content_hash() != after.records.content_hash()
    assert after.overlay == read_overlay(hospital.home).content_hash != before.overlay
    _, training, held_out = open_hospital(home).split(RunSettings())
    seen = Counter(training.labels) + Counter(held_out.labels)
    assert seen == Counter(after.records.labels) != Counter(before.records.labels)
    assert score(contract, after.records) > score(contract, before.records)


def test_every_page_is_accessible_at_every_width(page: Page, hospital: ReviewHospital) -> None:
    axe = Axe()
    rule = ["exercise_angina", "--empty", "--means", "normal", "--becomes", "no"]
    command = juntos("node", "review", "rule", *rule, "--reader", READER)
    subprocess.run([*command, "--home", str(hospital.home.path)], check=True, capture_output=True)
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    with served(hospital.home.path, READER) as site:
        page.goto(site.link)
        assert axe.run(page, options=options).response["violations"] == []
        sign_in(page, site)
        page.locator("a[data-row]").first.click()
        page.wait_for_url("**/questions/**")
        question = page.url
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for path in ("", "/rules", "/progress", question.split("/review")[1]):
                page.goto(site.address + "/review" + path)
                violations = axe.run(page, options=options).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for path in ("", "/rules", "/progress", question.split("/review")[1]):
                page.goto(site.address + "/review" + path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_killed_page_loses_nothing_and_writes_nothing_twice(
    page: Page, hospital: ReviewHospital
) -> None:
    """The process dies between the writing and the reply; the reader sends the form again."""
    home = hospital.home
    with served(home.path, READER) as site:
        sign_in(page, site)
        page.locator("a[data-row]", has_text="the right diagnosis").first.click()
        page.wait_for_url("**/questions/**")
        fields = page.locator("form[data-answer]").evaluate(
            "form => Object.fromEntries([...new FormData(form)])"
        )
        sent = {**fields, "kind": "exclude"}
        reply = page.request.post(page.url, form=sent, headers={"origin": site.address})
        assert reply.ok
        # The reply never reached the reader.
        site.kill()
        with served(home.path, "somebody else", site.port) as again:
            reply = page.request.post(page.url, form=sent, headers={"origin": again.address})
            assert reply.ok
    engine = open_database(home)
    decided = Book(engine).decided()
    engine.dispose()
    assert len(decided) == 1


def test_spanish_readers_see_spanish(page: Page, hospital: ReviewHospital) -> None:
    with served(hospital.home.path, READER) as site:
        sign_in(page, site)
        page.get_by_role("button", name="Español").click()
        expect(page.locator("h1")).to_contain_text("preguntas le esperan")
        assert page.locator("html").get_attribute("lang") == "es"


def test_another_process_fills_the_queue_while_the_page_is_open(
    page: Page, hospital: ReviewHospital
) -> None:
    with served(hospital.home.path, READER) as site:
        sign_in(page, site)
        hospital.write(hospital.truth)
        fill(hospital.home.path)
        page.reload()
        page.locator("a[data-row]").first.click()
        page.wait_for_url("**/questions/**")
        expect(page.locator(".answer")).to_contain_text("Send")
        assert "changed since" not in page.inner_text("main")
