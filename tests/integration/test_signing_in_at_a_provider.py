"""Signing in at an identity provider over real HTTP: who comes in, as what, and who does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomli_w
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from server.accounts import sign_in_limits
from server.accounts.services import Accounts, open_accounts
from server.accounts.sign_in_limits import ADDRESS_BURST
from server.home import CoordinatorHome, create_home, open_home
from shared.processes import free_port
from tests.dashboard_server import dashboard
from tests.identity_provider import CLIENT, SECRET, Person, Provider, identity_provider, new_key
from tests.review_browser import CHROMIUM, chromium

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
ROLES = {"juntos-view": "viewer", "juntos-lead": "coordinator", "juntos-admin": "administrator"}


@dataclass
class Signing:
    """The dashboard, the provider, and a browser that knows neither yet."""

    home: CoordinatorHome
    address: str
    provider: Provider

    @property
    def accounts(self) -> Accounts:
        return open_accounts(self.home)

    def browser(self, language: str = "en") -> httpx.Client:
        headers = {"accept-language": language}
        return httpx.Client(base_url=self.address, follow_redirects=True, headers=headers)

    def sign_in(self, back: str = "/records", language: str = "en") -> httpx.Response:
        """Follow the button of the sign-in page; return where that leads."""
        with self.browser(language) as browser:
            form = browser.get(f"/sign-in?back={back}").text
            place = f"/sign-in/oidc/?back={back}"
            assert f'href="{place}"' in form.replace("%2F", "/")
            return browser.get(place)

    def name_claims(self, **claims: Any) -> None:  # noqa: ANN401
        """Let somebody else, or the same with other groups, sit at the browser."""
        self.provider.person.claims.clear()
        self.provider.person.claims.update(claims)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    home = create_home(
        tmp_path_factory.mktemp("oidc") / "home", "Test", "127.0.0.1:9092", "heart_disease"
    )
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        identity_provider(f"{address}/sign-in/oidc/callback", Person({})) as provider,
        pytest.MonkeyPatch.context() as patch,
    ):
        configure(home.path, provider.issuer)
        # All of these tests come from one address.
        patch.setattr(sign_in_limits, "ADDRESS_BURST", 1000)
        with dashboard(open_home(home.path), port) as served:
            patch.undo()
            yield Signing(home, served, provider)


def configure(folder: Path, issuer: str) -> None:
    """Write who the federation's provider is."""
    (folder / "oidc.secret").write_text(SECRET)
    oidc = {
        "label": "City Hospital",
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": {"file": "oidc.secret"},
        "roles": ROLES,
    }
    settings = {"name": "Test", "address": "127.0.0.1:9092", "accounts": {"oidc": oidc}}
    (folder / "coordinator.toml").write_text(tomli_w.dumps(settings))


@pytest.fixture(autouse=True)
def as_before(signing: Signing) -> Iterator[None]:
    yield
    signing.provider.changes.clear()
    signing.provider.person.told.clear()
    signing.provider.says.clear()
    signing.provider.denies = False
    signing.provider.signing = signing.provider.published


def test_who_is_in_a_group_comes_in_and_where_they_wanted(signing: Signing) -> None:
    signing.name_claims(sub="s-1", preferred_username="Eva.Rey", groups=["staff", "juntos-lead"])
    found = signing.sign_in()
    assert found.status_code == 200
    assert found.url.path == "/records"
    assert "eva.rey" in found.text
    account = signing.accounts.store.get("eva.rey")
    assert (account.role, account.issuer) == ("coordinator", signing.provider.issuer)
    assert account.state == "active"
    entry = signing.accounts.log.find(action="account.sign_in")[0]
    assert (entry.actor, entry.outcome, entry.address) == ("eva.rey", "done", "127.0.0.1")


def test_the_highest_role_of_the_groups_holds_and_changes_with_them(signing: Signing) -> None:
    person = {"sub": "s-2", "preferred_username": "leo"}
    for groups, role in (
        (["juntos-view", "juntos-lead"], "coordinator"),
        (["juntos-view"], "viewer"),
        ("juntos-lead", "coordinator"),
    ):
        signing.name_claims(**person, groups=groups)
        assert signing.sign_in().status_code == 200
        assert signing.accounts.store.get("leo").role == role
    signing.name_claims(**person, groups=["staff"])
    refused = signing.sign_in()
    assert refused.status_code == 403
    assert "belongs to no group" in refused.text


def test_groups_that_only_the_userinfo_address_tells_count(signing: Signing) -> None:
    signing.name_claims(sub="s-3", preferred_username="ida")
    signing.provider.person.told["groups"] = ["juntos-view"]
    assert signing.sign_in().url.path == "/records"
    assert signing.accounts.store.get("ida").role == "viewer"
    # It must speak of the same person.
    signing.provider.person.told.update(sub="s-99", groups=["juntos-admin"])
    assert signing.sign_in().status_code == 403
    assert signing.accounts.store.get("ida").role == "viewer"


def test_a_name_that_is_taken_opens_nobody_else_s_account(signing: Signing) -> None:
    signing.accounts.store.add("ana", "administrator")
    signing.name_claims(sub="s-4", preferred_username="ana", groups=["juntos-view"])
    refused = signing.sign_in(language="es")
    assert refused.status_code == 403
    assert "otra cuenta con su nombre" in refused.text
    assert signing.accounts.store.get("ana").issuer == ""


def test_whom_the_provider_renames_keeps_their_account(signing: Signing) -> None:
    signing.name_claims(sub="s-5", preferred_username="mia.old", groups=["juntos-view"])
    signing.sign_in()
    signing.name_claims(sub="s-5", preferred_username="mia.new", groups=["juntos-view"])
    assert "mia.old" in signing.sign_in().text
    names = {each.name for each in signing.accounts.store.all()}
    assert "mia.new" not in names


def test_a_disabled_account_stays_out(signing: Signing) -> None:
    signing.name_claims(sub="s-6", preferred_username="tom", groups=["juntos-view"])
    signing.sign_in()
    signing.accounts.store.disable("tom")
    refused = signing.sign_in()
    assert refused.status_code == 403
    assert "may not sign in" in refused.text


WRONG = {
    "issuer": {"iss": "https://somebody.else.example"},
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "over": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
    "audience": {"aud": "another-client"},
    "nobody": {"sub": None},
    "not signed": {"unsigned": True},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_token_that_is_wrong_opens_nothing(signing: Signing, changes: dict[str, Any]) -> None:
    signing.name_claims(sub="s-7", preferred_username="zoe", groups=["juntos-admin"])
    signing.provider.changes.update(changes)
    refuse(signing)


def test_a_signature_of_another_key_opens_nothing(signing: Signing) -> None:
    signing.name_claims(sub="s-7", preferred_username="zoe", groups=["juntos-admin"])
    signing.provider.signing = new_key()
    refuse(signing)


def refuse(signing: Signing) -> None:
    """See a sign-in refused, on a page, and written down."""
    with signing.browser() as browser:
        refused = browser.get("/sign-in/oidc/?back=/records")
        assert refused.status_code == 403
        assert "The sign-in was not completed there" in refused.text
        assert 'id="password"' in refused.text
        assert browser.get("/records").url.path == "/sign-in"
    assert "zoe" not in {each.name for each in signing.accounts.store.all()}
    entry = signing.accounts.log.find(action="account.sign_in")[0]
    assert entry.outcome == "refused"
    assert entry.detail.startswith("provider_refused: ")


def test_a_new_key_of_the_provider_is_fetched(signing: Signing) -> None:
    signing.name_claims(sub="s-8", preferred_username="kim", groups=["juntos-view"])
    assert signing.sign_in().status_code == 200
    signing.provider.signing = signing.provider.published = new_key()
    assert signing.sign_in().url.path == "/records"


def test_who_says_no_there_is_not_signed_in_here(signing: Signing) -> None:
    signing.provider.denies = True
    refused = signing.sign_in()
    assert (refused.status_code, "Try again" in refused.text) == (403, True)
    entry = signing.accounts.log.find(action="account.sign_in")[0]
    assert entry.detail == "provider_refused: OAuthError access_denied"


def test_an_answer_that_nobody_asked_for_opens_nothing(signing: Signing) -> None:
    signing.name_claims(sub="s-9", preferred_username="joe", groups=["juntos-view"])
    with signing.browser() as one:
        one.follow_redirects = False
        there = one.get(one.get("/sign-in/oidc/").headers["location"]).headers["location"]
        # Somebody else's browser is sent to the answer, to be signed in as joe.
        with signing.browser() as other:
            assert other.get(there).status_code == 403
            assert other.get("/").url.path == "/sign-in"
        assert one.get(there).status_code == 303
        # And the same answer signs nobody in twice.
        assert one.get(there).status_code == 403


def test_nobody_is_led_to_another_site(signing: Signing) -> None:
    signing.name_claims(sub="s-9", preferred_username="joe", groups=["juntos-view"])
    with signing.browser() as browser:
        found = browser.get("/sign-in/oidc/?back=//evil.example/x")
        assert str(found.url) == f"{signing.address}/"


def test_whoever_is_another_provider_is_not_asked(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", "Test", "127.0.0.1:9092", "heart_disease")
    with identity_provider("http://127.0.0.1:1/callback", Person({})) as provider:
        configure(home.path, provider.issuer)
        provider.says["issuer"] = "https://other.example"
        with (
            dashboard(open_home(home.path)) as address,
            httpx.Client(base_url=address, follow_redirects=True) as browser,
        ):
            found = browser.get("/sign-in/oidc/")
            assert found.status_code == 503
            assert "does not answer as this federation was told" in found.text
    entry = open_accounts(home).log.find()[0]
    assert entry.detail == "provider_wrong: it calls itself 'https://other.example'"


def test_a_provider_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", "Test", "127.0.0.1:9092", "heart_disease")
    configure(home.path, f"http://127.0.0.1:{free_port()}")
    with (
        dashboard(open_home(home.path)) as address,
        httpx.Client(base_url=address, follow_redirects=True) as browser,
    ):
        for language, said in (
            ("en", "City Hospital cannot be reached"),
            ("es", "City Hospital no responde"),
        ):
            found = browser.get("/sign-in/oidc/", headers={"accept-language": language})
            assert found.status_code == 503
            assert said in found.text
            # Whoever has a password goes on with it.
            assert 'id="password"' in found.text


def test_answers_that_nobody_asked_for_come_to_an_end(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", "Test", "127.0.0.1:9092", "heart_disease")
    configure(home.path, f"http://127.0.0.1:{free_port()}")
    with dashboard(open_home(home.path)) as address, httpx.Client(base_url=address) as browser:
        path = "/sign-in/oidc/callback?code=x&state=y"
        answers = [browser.get(path) for _ in range(ADDRESS_BURST + 2)]
        assert {each.status_code for each in answers[:ADDRESS_BURST]} <= {403, 503}
        assert answers[-1].status_code == 429
        assert 0 < int(answers[-1].headers["retry-after"]) <= 10
        assert browser.get("/sign-in/oidc/").status_code == 429
    assert len(open_accounts(home).log.find(limit=500)) <= ADDRESS_BURST + 1


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
@pytest.mark.parametrize("width", [360, 1280])
def test_the_button_signs_in_at_a_real_browser(signing: Signing, width: int) -> None:
    signing.name_claims(sub="s-10", preferred_username="noa", groups=["juntos-view"])
    link = signing.accounts.tokens.link(signing.accounts.store.add(f"new{width}", "viewer").name)
    with chromium() as browser:
        page = browser.new_page(locale="es-ES", viewport={"width": width, "height": 720})
        for path in (f"/sign-in/link/{link}", "/sign-in/link/none", "/drift"):
            page.goto(signing.address + path)
            assert Axe().run(page, options=RULES).violations_count == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="City Hospital").click()
        page.wait_for_url("**/drift")
        assert page.locator(".reader").inner_text() == "noa"
