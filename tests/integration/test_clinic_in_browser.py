"""A case from the form to its confirmed diagnosis, by a clinician at a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from client.audit import AuditQuery
from client.confirmations import Confirmations
from client.serving.services import open_services
from tests.review_browser import CHROMIUM, chromium, served, sign_in
from tests.unit.client.api.conftest import write_home
from tests.unit.client.serving.bundles import CONTRACT, write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY, bundle_of

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")

READER = "Dr. Ana Ruiz"
WIDTHS = (360, 768, 1280, 2560)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node's folder with a model installed."""
    base = tmp_path_factory.mktemp("clinic")
    home = write_home(base / "node")
    write_signed(bundle_of("boosted_trees"), base / "bundle", SIGNING_KEY)
    services = open_services(home)
    services.store.install(base / "bundle")
    services.close()
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "node")
    return tmp_path / "node"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    found = context.new_page()
    # A page that breaks its own content policy, or fails to load a part, says so here.
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text))
    yield found
    context.close()
    assert [each for each in said if "422" not in each] == []


def enter_a_case(page: Page) -> None:
    """Fill in the form and send it with the keyboard alone."""
    keys = page.keyboard
    expect(page.get_by_label("number (optional)")).to_be_focused()
    keys.type("10")
    # Sends nothing: a case that is half filled in would be an answer on record.
    keys.press("Enter")
    keys.type("61")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("18.5")
    keys.press("Tab")
    keys.type("kPa")
    # Past the kind of pain, to the fever: unknown is chosen, and the arrow goes around to yes.
    keys.press("Tab")
    keys.press("Tab")
    keys.press("ArrowRight")
    keys.press("Tab")
    expect(page.get_by_role("combobox", name="Observed terms")).to_be_focused()
    add_term(page, "arachnodac", "Arachnodactyly")
    add_term(page, "HP:0001250", "Seizure")
    keys.press("Control+Enter")
    page.wait_for_url("**/answers/*")


def add_term(page: Page, text: str, name: str) -> None:
    page.keyboard.type(text)
    first = page.locator(".matches [role=option]").first
    expect(first).to_contain_text(name)
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".matches")).to_be_hidden()
    expect(page.locator(".chosen")).to_contain_text(name)


def test_a_case_from_the_form_to_the_audit_store(page: Page, home: Path) -> None:
    with served(home, READER, page="clinic") as site:
        sign_in(page, site, "clinic")
        enter_a_case(page)
        number = page.url.rsplit("/", 1)[-1]
        rows = page.locator(".differential > li")
        # Three diseases, something else, and whether there is enough evidence.
        assert rows.count() == len(CONTRACT.leaves) + 2
        shown = [each.split("\n")[0] for each in rows.all_inner_texts()]
        assert {"Something else", "Not enough evidence"} < set(shown)
        page.select_option("#of", "grade_2")
        page.get_by_label("Source").fill("pathology")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**done=1**")
        expect(page.locator("#diagnosis")).to_contain_text("confirmed: Two")
        page.get_by_role("link", name="Today").click()
        expect(page.locator("h1")).to_have_text("The case has its diagnosis")
        expect(page.locator("tbody tr")).to_contain_text("confirmed: Two")
        page.get_by_role("link", name="What left").click()
        expect(page.locator("h1")).to_contain_text("What left lyon")
    services = open_services(home)
    recorded = services.audit.find(AuditQuery())
    case = Confirmations(services.audit, CONTRACT).case_of(number)
    verified = services.audit.verify()
    services.close()
    assert [each.id for each in recorded] == [number]
    found = recorded[0]
    assert found.input is not None
    assert found.caller == READER
    assert found.patient != ""
    assert found.input["age"] == 61
    assert found.input["pressure"] == pytest.approx(138.76, abs=0.01)
    assert found.input["fever"] == 1
    assert found.input["phenotypes"] == ["HP:0001166", "HP:0001250"]
    assert found.output is not None
    names = [each["name"] for each in found.output["ranked"]]
    assert [each for each in shown if each in names] == names
    assert case is not None
    assert (case.code, case.history[0].who) == ("grade_2", READER)
    # The answer, and what was confirmed.
    assert verified.entries >= 2


def test_every_page_is_accessible_at_every_width(page: Page, home: Path) -> None:
    axe = Axe()
    with served(home, READER, page="clinic") as site:
        sign_in(page, site, "clinic")
        enter_a_case(page)
        answer = page.url.removeprefix(site.address)
        names = ("today", "models", "performance", "drift")
        paths = ["/clinic", answer, *(f"/clinic/{name}" for name in names)]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for path in paths:
                page.goto(site.address + path)
                violations = axe.run(page, options=RULES).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], path
        for path in paths:
            page.goto(site.address + path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto(site.address + "/clinic")
        page.fill("[id='v.age']", "610")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-first]")).to_be_focused()
        assert axe.run(page, options=RULES).response["violations"] == []


def test_the_form_works_without_scripts(browser: Browser, home: Path) -> None:
    context = browser.new_context(locale="es-ES", java_script_enabled=False)
    page = context.new_page()
    with served(home, READER, page="clinic") as site:
        page.goto(site.link)
        page.get_by_role("button", name="Iniciar sesión").click()
        page.fill("[id='v.age']", "61,5")
        page.fill("[id='q.phenotypes']", "aortic")
        page.get_by_role("button", name="Ver el diagnóstico diferencial").click()
        page.get_by_role("group", name="¿Cuál de estos?").get_by_role("checkbox").first.check()
        page.fill("[id='q.phenotypes']", "")
        page.get_by_role("button", name="Ver el diagnóstico diferencial").click()
        expect(page.locator(".recorded")).to_contain_text("61,5 años")
        expect(page.locator(".recorded")).to_contain_text("ortic")
    context.close()


NOTE = "No seizures. Mother has ataxia. Possible scoliosis. Arachnodactyly and microcephaly."
PACKET = {
    "id": "x",
    "subject": {
        "id": "P-7",
        "dateOfBirth": "1960-01-01T00:00:00Z",
        "timeAtLastEncounter": {"age": {"iso8601duration": "P61Y"}},
    },
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001166", "label": "Arachnodactyly"}},
        {"type": {"id": "SNOMED:12"}},
        {"type": {"id": "HP:0001252"}, "excluded": True},
    ],
}


def test_a_note_is_read_and_only_what_was_ticked_is_taken(page: Page, home: Path) -> None:
    axe = Axe()
    with served(home, READER, page="clinic") as site:
        sign_in(page, site, "clinic")
        # With the keyboard alone: up to the note, into it, to its findings and back to the case.
        page.locator("[data-note] summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#note-text")).to_be_focused()
        page.keyboard.insert_text(NOTE)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".proposals li")).to_have_count(5)
        marks = page.locator(".marked mark")
        said = [each.rsplit(" ", 1)[0] for each in marks.all_inner_texts()]
        assert said[0].startswith("seizures")
        assert [each.get_attribute("class") for each in marks.all()] == [
            *("excluded", "family", "uncertain", "present", "present")
        ]
        expect(page.locator(".proposals")).to_contain_text("a relative's")
        expect(page.locator(".chosen li")).to_have_count(0)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # The colours are drawn anew before they are looked at.
            page.evaluate("new Promise((go) => requestAnimationFrame(() => setTimeout(go, 50)))")
            violations = axe.run(page, options=RULES).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], scheme
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        # The uncertain one stands first among those that may be taken; past it.
        expect(page.locator(".proposals input").first).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".chosen li")).to_have_count(1)
        expect(page.locator(".chosen")).to_contain_text("Arachnodactyly")
        expect(page.get_by_role("combobox", name="Observed terms")).to_be_focused()
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/answers/*")
        expect(page.locator(".recorded")).not_to_contain_text("Microcephaly")


def test_a_phenopacket_that_is_dropped_fills_the_form(page: Page, home: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    with served(home, READER, page="clinic") as site:
        sign_in(page, site, "clinic")
        drop(page, json.dumps(PACKET))
        expect(page.locator("[data-packet] .told")).to_contain_text("2")
        expect(page.locator("[id='v.age']")).to_have_value("61")
        expect(page.locator("#patient")).to_have_value("P-7")
        expect(page.locator(".chosen")).to_contain_text("Arachnodactyly")
        expect(page.locator(".troubles")).to_contain_text("SNOMED:12")
        expect(page.locator(".troubles")).to_contain_text("Absent findings in the file: 1")
        # What tells who the patient is stays in the browser.
        assert not any("1960" in each for each in sent)
        drop(page, "{")
        expect(page.locator("[data-packet] .told")).to_contain_text("no Phenopacket")
        page.set_input_files(
            "#packet-file",
            {"name": "a.json", "mimeType": "application/json", "buffer": b'{"a": 1}'},
        )
        expect(page.locator("[data-packet] .troubles")).to_contain_text("no Phenopacket")
        assert Axe().run(page, options=RULES).response["violations"] == []


def drop(page: Page, content: str) -> None:
    """Drop a file on the page, as the browser tells it."""
    page.evaluate(
        """(content) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], "packet.json", { type: "application/json" }));
            const how = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.querySelector("h1").dispatchEvent(new DragEvent("drop", how));
        }""",
        content,
    )
