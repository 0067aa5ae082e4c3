"""The coordinator's dashboard at a real browser: who decides what, and who is told."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete, update

from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import open_accounts
from server.database import hospitals, now, rounds, runs
from server.enrolment.hospitals import list_hospitals
from server.home import CoordinatorHome, create_home, open_home
from server.promotion.candidate_store import CandidateStore
from server.scheduling.queue import RunQueue
from shared.node_keys import key_fingerprint
from shared.web.security import form_token
from tests.dashboard_server import PASSWORD, add_accounts, dashboard
from tests.integration.registered_models import register_models
from tests.review_browser import CHROMIUM, chromium
from tests.sample_federation import IN_USE, WAITING, write_federation
from tests.unit.server.dashboard.test_pages import KEY

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    # What passes is not put together: it is most of the time.
    "resultTypes": ["violations"],
}
STANDS = "4 of 5 hospitals are up; silent: Torino."
PAGES = (
    "/",
    "/runs",
    "/runs/run-0026",
    "/results",
    "/models",
    f"/models/{WAITING}",
    f"/models/{WAITING}/promote",
    "/drift?hospital=Porto",
    "/hospitals",
    "/hospitals/Porto",
    "/hospitals/Coimbra",
    "/schedule",
    "/records",
    "/people",
    "/nothing",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coordinator's folder with two months of history and people who may sign in."""
    home = write_federation(tmp_path_factory.mktemp("dashboard") / "home")
    register_models(home)
    add_accounts(home)
    home.engine().dispose()
    return home.path


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> CoordinatorHome:
    shutil.copytree(filled, tmp_path / "home")
    return open_home(tmp_path / "home")


@pytest.fixture
def address(home: CoordinatorHome) -> Iterator[str]:
    with dashboard(home) as found:
        yield found


@contextmanager
def person(
    browser: Browser, address: str, home: CoordinatorHome, name: str, *, allowed: str = ""
) -> Iterator[Page]:
    """Open the first page for somebody who is signed in; their browser must not complain.

    Parameters
    ----------
    allowed : str
        Status of answers that a browser may complain about.
    """
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    session = open_accounts(home).tokens.session(name)
    context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
    page = context.new_page()
    # A page that breaks its own content policy, or fails to load a part, says so here.
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(address)
        yield page
    finally:
        context.close()
    assert [each for each in said if not allowed or allowed not in each] == []


def test_signing_in_leads_to_what_was_asked_for_and_out_again(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/drift")
    page.get_by_label("Name").fill("vera.costa")
    page.get_by_label("Password").fill("something else")
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_contain_text("do not belong together")
    page.get_by_label("Name").fill("vera.costa")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The feed of Valencia is sick. Something has changed at Porto."
    )
    page.get_by_role("link", name="Federation").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(STANDS)
    # Who sees everything and decides nothing is offered nothing to decide with.
    page.goto(f"{address}/models/{WAITING}")
    expect(page.get_by_text("a coordinator decides")).to_be_visible()
    expect(page.get_by_role("link", name="Promote")).to_have_count(0)
    page.goto(f"{address}/models/{WAITING}/promote")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account may not do this")
    page.get_by_role("button", name="Sign out").click()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
    context.close()


def test_a_model_is_promoted_with_the_keyboard_alone(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "ines.prado") as page:
        page.get_by_role("link", name="Decide").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Promote").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("The gate could not tell")).to_be_visible()
        page.get_by_label("Why").focus()
        page.keyboard.type("The committee wants grade 4 seen at all hospitals.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".note.done")).to_contain_text("You promoted it")
        expect(page.get_by_role("heading", level=1)).to_contain_text("at all hospitals")
        page.get_by_role("link", name="Records").click()
        expect(page.get_by_role("row").nth(1)).to_contain_text("promote a model")
    moved = CandidateStore(home.engine()).read(WAITING)
    assert moved.state == "everywhere"
    asked = [each for each in RunQueue(home.engine()).waiting() if each.kind == "deploy"]
    assert [each.settings["model"] for each in asked] == [moved.model.label]


def test_of_two_who_promote_one_wins_and_the_other_is_told(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with (
        person(browser, address, home, "ines.prado") as first,
        person(browser, address, home, "marc.vidal", allowed="409") as second,
    ):
        for page in (first, second):
            page.goto(f"{address}/models/{WAITING}/promote")
            page.get_by_label("Why").fill("It is time.")
        first.get_by_role("button", name="Promote version").click()
        expect(first.locator(".note.done")).to_contain_text("You promoted it")
        second.get_by_role("button", name="Promote version").click()
        expect(second.get_by_role("heading", level=1)).to_have_text("Somebody decided before you")
        expect(second.locator("main")).to_contain_text("ines.prado brought version 1.3.1")
    assert len(CandidateStore(home.engine()).transitions(WAITING)) == 4


def test_of_two_at_the_same_moment_one_wins(address: str, home: CoordinatorHome) -> None:
    tokens = open_accounts(home).tokens
    together = threading.Barrier(2)

    def promote(name: str) -> int:
        session = tokens.session(name)
        form = {"form_token": form_token(session), "revision": "3", "reason": "It is time."}
        with httpx.Client(cookies={SESSION_COOKIE: session}, timeout=60) as client:
            together.wait()
            return client.post(f"{address}/models/{WAITING}/promote", data=form).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(promote, ("ines.prado", "marc.vidal"))) == [303, 409]
    assert len(CandidateStore(home.engine()).transitions(WAITING)) == 4


def test_a_model_is_taken_back(browser: Browser, address: str, home: CoordinatorHome) -> None:
    with person(browser, address, home, "ines.prado") as page:
        page.goto(f"{address}/models/{IN_USE}")
        page.get_by_role("link", name="Roll back").click()
        expect(page.get_by_text("Version 1.1.0 comes back")).to_be_visible()
        page.get_by_label("Why").fill("Recall fell at Lyon.")
        page.get_by_role("button", name="Take version 1.2.0 back").click()
        expect(page.locator(".note.done")).to_contain_text("You took it back")
        page.get_by_role("link", name="Federation").click()
        expect(page.locator("main")).to_contain_text("Version 1.1.0")
    first = RunQueue(home.engine()).next()
    assert first is not None
    assert first.kind == "deploy"
    assert "Recall fell at Lyon." in first.reason


def test_a_hospital_is_invited_with_a_kit(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "ines.prado", allowed="422") as page:
        page.goto(f"{address}/hospitals")
        page.get_by_label("Name of the hospital").fill("Porto")
        page.get_by_role("button", name="Make a kit").click()
        expect(page.get_by_role("alert")).to_contain_text("has joined already")
        page.get_by_label("Name of the hospital").fill("Braga")
        page.get_by_role("button", name="Make a kit").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Braga has not used its kit")
        with page.expect_download() as waited:
            page.get_by_role("link", name="Download the kit").click()
        kit = Path(waited.value.path()).read_text(encoding="utf-8")
    assert 'hospital = "Braga"' in kit
    assert kit == (home.kits / "Braga.kit.toml").read_text(encoding="utf-8")


def test_a_hospital_that_waits_is_let_in_or_kept_out_by_its_key(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    values = {"node_id": None, "public_key": KEY, "joined_at": now()}
    with home.engine().begin() as connection:
        connection.execute(update(hospitals).where(hospitals.c.name == "Coimbra").values(**values))
    with person(browser, address, home, "ines.prado", allowed="422") as page:
        page.get_by_role("link", name="Coimbra used its kit").wait_for()
        page.goto(f"{address}/hospitals/Coimbra")
        expect(page.get_by_text(key_fingerprint(KEY))).to_be_visible()
        # There is no SuperLink here that could take the key: it goes on waiting, and says why.
        page.get_by_role("button", name="Let it in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_role("button", name="Keep it out").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("5 hospitals")
    assert "Coimbra" not in [each.name for each in list_hospitals(home.engine())]


def test_the_drift_map_leads_from_a_cell_to_its_meaning(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "vera.costa") as page:
        page.get_by_role("link", name="Drift", exact=True).click()
        cell = page.get_by_role("link", name="Sick feed: 0.71")
        cell.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What it means: Valencia")).to_be_visible()
        expect(page.locator(".reasons")).to_contain_text("Thallium scan is missing in 94%")
        expect(page.get_by_role("img", name="Drift over time")).to_be_visible()
        # On the day before the scans stopped, the same cell is quiet.
        page.goto(f"{address}/drift?run=watch-0053")
        expect(page.get_by_role("link", name="Sick feed")).to_have_count(1)
        page.keyboard.press("k")
        expect(page.get_by_role("link", name="Sick feed")).to_have_count(0)


def test_a_round_appears_while_the_page_is_open(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "vera.costa") as page:
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        strip = page.locator("table.strip")
        expect(strip.locator("td.answered")).to_have_count(34)
        with home.engine().begin() as connection:
            connection.execute(
                delete(rounds).where(rounds.c.run_id == "run-0030", rounds.c.position == 7)
            )
            connection.execute(
                update(runs).where(runs.c.id == "run-0030").values(message="evaluate: 5 asked")
            )
        expect(strip.locator("td.answered")).to_have_count(29)


def test_a_page_says_when_the_coordinator_is_gone(browser: Browser, home: CoordinatorHome) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    with dashboard(home) as address:
        session = open_accounts(home).tokens.session("vera.costa")
        context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
        page.goto(address)
        expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(page.get_by_text("no connection to the coordinator")).to_be_visible()
    # What was there stays readable.
    expect(page.get_by_role("heading", level=1)).to_contain_text(STANDS)
    context.close()


def test_a_run_is_asked_for_and_taken_back(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "ines.prado") as page:
        page.goto(f"{address}/schedule")
        page.get_by_label("Watch:").check()
        page.get_by_label("Why").fill("Valencia says that the scans are back.")
        page.get_by_role("button", name="Put it in the queue").click()
        expect(page.locator(".note.done")).to_contain_text("It is in the queue")
        page.get_by_role("button", name="Cancel: Valencia says").click()
        expect(page.locator(".note.done")).to_contain_text("It is cancelled")
    last = RunQueue(home.engine()).all()[-1]
    assert (last.kind, last.status, last.requested_by) == ("watch", "cancelled", "ines.prado")


def test_every_page_is_accessible_and_fits_its_window(
    browser: Browser, address: str, home: CoordinatorHome
) -> None:
    with person(browser, address, home, "ada.lopez", allowed="404") as page:
        for path in PAGES:
            page.goto(f"{address}{path}")
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
            for width in (360, 2560):
                page.set_viewport_size({"width": width, "height": 900})
                across = page.evaluate("document.documentElement.scrollWidth")
                assert across <= width, f"{path} at {width}"
            page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="dark")
        for path in ("/", "/drift?hospital=Porto"):
            page.goto(f"{address}{path}")
            assert Axe().run(page, options=RULES).violations_count == 0, path


def test_an_empty_federation_says_what_comes_first(browser: Browser, tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", "Empty", "127.0.0.1:9443", "heart_disease")
    add_accounts(home)
    with dashboard(home) as address, person(browser, address, home, "ines.prado") as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text("No hospital has joined")
        page.get_by_role("link", name="Make a kit").click()
        expect(page.get_by_label("Name of the hospital")).to_be_visible()
        for path in ("/runs", "/results", "/models", "/drift", "/schedule"):
            page.goto(f"{address}{path}")
            expect(page.get_by_role("heading", level=1)).not_to_be_empty()
