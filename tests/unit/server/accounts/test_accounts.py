"""Accounts, passwords, tokens and the log of actions in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from server.accounts.account import Account
from server.accounts.account_store import AccountStore
from server.accounts.actions import ActionLog, Actor
from server.accounts.links import password_link
from server.accounts.passwords import Passwords, WeakPasswordError, check_password
from server.accounts.provider_account import role_of
from server.accounts.roles import ROLES, Role, includes, lower_of
from server.accounts.services import Accounts, open_accounts
from server.accounts.settings import OidcSettings
from server.database import actions, api_tokens
from server.home import CoordinatorHome
from server.settings import CoordinatorSettings
from shared.errors import SettingsError
from tests.unit.server.accounts.conftest import PASSWORD

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@given(st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_roles_are_in_order(one: Role, other: Role) -> None:
    assert includes(one, other) or includes(other, one)
    assert includes(one, lower_of(one, other))
    assert includes("administrator", one)
    assert includes(one, "viewer")


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("otter quartz", None),
        ("only-eleven", "short"),
        ("password1234", "guessed"),
        ("aaaaaaaaaaaaaaaa", "guessed"),
        ("cardiologycardiology", "guessed"),
        ("contraseña2026", "guessed"),
        ("hospitalmadrid", "guessed"),
        ("x9#" * 100, "long"),
        (PASSWORD, None),
        ("murciélago tranvía 8 óxido", None),
    ],
)
def test_which_passwords_are_taken(password: str, kind: str | None) -> None:
    if kind is None:
        check_password(password, 12, ("ana", "cardiology"))
        return
    with pytest.raises(WeakPasswordError) as refused:
        check_password(password, 12, ("ana", "cardiology"))
    assert refused.value.kind == kind
    assert password not in str(refused.value)


def test_a_password_is_the_same_however_it_is_typed() -> None:
    passwords = Passwords(QUICK)
    kept = passwords.hash("murcie\u0301lago")
    assert passwords.matches(kept, "murci\u00e9lago")
    assert not passwords.matches(kept, "murcielago")
    assert not passwords.matches(None, "nobody's")


def test_a_hash_of_earlier_parameters_is_made_anew(home: CoordinatorHome) -> None:
    earlier = AccountStore(home.engine(), Passwords(QUICK))
    earlier.add("ana", "viewer")
    earlier.set_password("ana", PASSWORD)
    now = AccountStore(home.engine())
    assert now.with_password("ana", PASSWORD) is not None

    def kept() -> str:
        with home.engine().connect() as connection:
            return str(connection.execute(text("SELECT password_hash FROM accounts")).scalar_one())

    assert not Passwords().is_outdated(kept())
    before = kept()
    assert now.with_password("ana", PASSWORD) is not None
    assert kept() == before


@pytest.mark.parametrize("name", ["", "a b", "á", "x" * 65, "-a", "<b>"])
def test_what_is_no_name(accounts: Accounts, name: str) -> None:
    with pytest.raises(SettingsError):
        accounts.store.add(name, "viewer")


def test_a_name_is_taken_in_whatever_case(accounts: Accounts, ana: Account) -> None:
    with pytest.raises(SettingsError, match="already"):
        accounts.store.add("ANA", "viewer")


def test_somebody_is_always_left_to_administer(accounts: Accounts, ana: Account) -> None:
    accounts.store.add("bob", "coordinator")
    with pytest.raises(SettingsError, match="Nobody would be left"):
        accounts.store.disable("ana")
    with pytest.raises(SettingsError, match="Nobody would be left"):
        accounts.store.set_role("ana", "viewer")
    assert accounts.store.get("ana").role == "administrator"
    accounts.store.set_role("bob", "administrator")
    accounts.store.disable("ana")
    assert accounts.store.get("ana").state == "disabled"


def test_a_token_may_what_both_it_and_its_account_may(accounts: Accounts) -> None:
    accounts.store.add("eva", "administrator")
    bob = accounts.store.add("bob", "coordinator")
    with pytest.raises(SettingsError, match="no administrator"):
        accounts.api_tokens.add("much", bob, "administrator", 1)
    token = accounts.api_tokens.add("ci", bob, "coordinator", 1)

    def role() -> str | None:
        found = accounts.api_tokens.holder(token)
        return None if found is None else found[1].role

    assert role() == "coordinator"
    accounts.store.set_role("bob", "viewer")
    assert role() == "viewer"
    accounts.store.disable("bob")
    assert role() is None
    accounts.store.enable("bob")
    assert role() == "viewer"
    accounts.api_tokens.revoke("ci")
    assert role() is None
    with pytest.raises(SettingsError):
        accounts.api_tokens.add("ci", bob, "viewer", 1)


def test_tokens_end(home: CoordinatorHome, accounts: Accounts, ana: Account) -> None:
    token = accounts.api_tokens.add("ci", ana, "viewer", 1)
    assert accounts.api_tokens.holder(token + "x") is None
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    with home.engine().begin() as connection:
        connection.execute(update(api_tokens).values(expires_at=past))
    assert accounts.api_tokens.holder(token) is None
    assert [each.state for each in accounts.api_tokens.all()] == ["expired"]
    with pytest.raises(SettingsError, match="days"):
        accounts.api_tokens.add("long", ana, "viewer", 10_000)


def test_actions_are_only_added(home: CoordinatorHome) -> None:
    log = ActionLog(home.engine())
    for number in range(3):
        log.add(Actor("ana", "viewer", "session", "192.0.2.1"), "hospital.enrol", str(number))
    (first,) = log.find(subject="0")
    row = {**first.as_json(), "actor": "eva"}
    for statement in (
        update(actions).values(actor="eva"),
        delete(actions),
        insert(actions).prefix_with("OR REPLACE").values(row),
    ):
        with pytest.raises(DBAPIError), home.engine().begin() as connection:
            connection.execute(statement)
    assert [each.subject for each in log.find()] == ["2", "1", "0"]
    assert [each.subject for each in log.find(before=log.find()[1].number)] == ["0"]
    assert {each.actor for each in log.find()} == {"ana"}


def test_what_fails_is_written_down_without_what_it_said(home: CoordinatorHome) -> None:
    log = ActionLog(home.engine())
    with pytest.raises(ValueError, match="secret"), log.of(Actor("ana"), "run.request", "watch"):
        raise ValueError("secret")
    (entry,) = log.find()
    assert (entry.outcome, entry.detail) == ("failed", "ValueError")


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("groups", {"groups": ["a", "b"]}, "coordinator"),
        ("groups", {"groups": "a"}, "viewer"),
        ("groups", {"groups": ["A", 7, None, "c"]}, None),
        ("groups", {}, None),
        ("realm_access.roles", {"realm_access": {"roles": ["b"]}}, "coordinator"),
        ("realm_access.roles", {"realm_access": ["b"]}, None),
        ("https://x.example/groups", {"https://x.example/groups": ["b"]}, "coordinator"),
    ],
)
def test_what_a_provider_s_groups_are_here(
    claim: str, claims: dict[str, object], role: Role | None
) -> None:
    settings = OidcSettings.model_validate(
        {
            "label": "City",
            "issuer": "https://x.example",
            "client_id": "juntos",
            "client_secret": {"env": "SECRET"},
            "groups_claim": claim,
            "roles": {"a": "viewer", "b": "coordinator"},
        }
    )
    assert role_of(settings, claims) == role


@pytest.mark.parametrize(
    "issuer", ["http://login.example.org", "ftp://x.example", "https://", "https://a:b@x.example"]
)
def test_a_provider_is_asked_over_https_alone(issuer: str) -> None:
    with pytest.raises(ValidationError):
        OidcSettings.model_validate(
            {
                "label": "City",
                "issuer": issuer,
                "client_id": "juntos",
                "client_secret": {"env": "SECRET"},
                "roles": {"a": "viewer"},
            }
        )


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({}, "http://127.0.0.1:8470/"),
        ({"dashboard": "127.0.0.1:9000"}, "http://127.0.0.1:9000/"),
        ({"dashboard": "0.0.0.0:9000"}, "https://federation.example:9000/"),
        ({"dashboard_address": "https://shown.example"}, "https://shown.example/"),
    ],
)
def test_a_link_leads_to_where_the_dashboard_is(
    accounts: Accounts, ana: Account, changes: dict[str, str], begins: str
) -> None:
    settings = CoordinatorSettings.model_validate(
        {"name": "Test", "address": "federation.example:9443", **changes}
    )
    link = password_link(accounts, settings, ana)
    assert link.startswith(begins + "sign-in/link/")
    assert accounts.tokens.invited(link.rpartition("/")[2]) == accounts.store.get("ana")


def test_who_signs_in_at_a_provider_has_no_password_here(accounts: Accounts) -> None:
    eva = accounts.store.add("eva", "viewer", "https://login.example", "s-1")
    settings = CoordinatorSettings(name="Test", address="federation.example:9443")
    with pytest.raises(SettingsError, match="has no password here"):
        accounts.set_password(eva, PASSWORD)
    with pytest.raises(SettingsError, match="has no password here"):
        password_link(accounts, settings, eva)
    assert accounts.store.with_password("eva", PASSWORD) is None


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, ""),
        ({"dashboard": "0.0.0.0:9000"}, "https://federation.example:9000"),
        ({"dashboard": "off"}, ""),
        ({"dashboard_address": "https://shown.example"}, "https://shown.example"),
    ],
)
def test_a_provider_leads_back_to_one_address(
    home: CoordinatorHome, changes: dict[str, str], address: str
) -> None:
    content = {"name": "Test", "address": "federation.example:9443", **changes}
    settings = CoordinatorSettings.model_validate(content)
    assert open_accounts(replace(home, settings=settings)).address == address
