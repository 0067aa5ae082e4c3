"""Versions in the database, and who accepted which."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w

from server.contracts.store import ContractStore, contract_of
from server.database import open_database
from server.home import CoordinatorHome, create_home, open_home
from shared.contract import Contract
from shared.errors import SettingsError
from tests.unit.shared.contract_changes.versions import HEART, TROPONIN, add, edited


def text(contract: Contract) -> str:
    return tomli_w.dumps(contract.model_dump(mode="json", exclude_none=True))


NEXT = edited(add("feature", TROPONIN), version="7.0.0")
OTHER = edited(version="7.0.0")


@pytest.fixture
def store(tmp_path: Path) -> ContractStore:
    return ContractStore(open_database(f"sqlite:///{tmp_path / 'a.db'}"), text(HEART))


def test_the_first_contract_is_current_and_written_down_once(store: ContractStore) -> None:
    again = ContractStore(store.engine, text(NEXT))
    assert [each.hash for each in again.all()] == [HEART.hash]
    assert again.current().contract == HEART


def test_a_proposal_changes_nothing_until_it_is_published(store: ContractStore) -> None:
    store.propose(OTHER, text(OTHER))
    store.propose(NEXT, text(NEXT))
    assert store.current().hash == HEART.hash
    proposals = [each.hash for each in store.all() if each.number is None]
    assert proposals == [NEXT.hash], "another proposal of the same version is replaced"
    store.publish(NEXT, text(NEXT))
    assert [each.number for each in store.all()] == [1, 2]
    assert store.current().contract.hash == NEXT.hash


def test_what_was_never_proposed_can_be_published(store: ContractStore) -> None:
    store.publish(NEXT, text(NEXT))
    assert store.current().hash == NEXT.hash
    assert store.of_version("7.0.0") is not None
    assert store.of_version("8.0.0") is None


def test_two_programs_do_not_publish_the_same_number(
    store: ContractStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.current()
    store.publish(NEXT, text(NEXT))
    monkeypatch.setattr(ContractStore, "current", lambda _self: first)
    with pytest.raises(SettingsError, match="published at the same moment"):
        store.publish(edited(version="8.0.0"), text(edited(version="8.0.0")))


def test_a_hospital_of_before_accepted_the_first_version_only(store: ContractStore) -> None:
    store.publish(NEXT, text(NEXT))
    names = ["north", "south", "east"]
    store.accept("south", NEXT.hash)
    store.accept("south", NEXT.hash)
    store.accept("gone", NEXT.hash)
    assert store.accepted(NEXT.hash, names) == {"south"}
    assert store.accepted(HEART.hash, names) == {"north", "east"}


def test_a_home_keeps_its_contract_while_another_is_published(home: CoordinatorHome) -> None:
    before = home.contract()
    open_home(home.path).contracts().publish(NEXT, text(NEXT))
    assert home.contract() == before
    assert home.contracts().current().hash == NEXT.hash
    assert open_home(home.path).contract().hash == NEXT.hash


def test_a_contract_begins_as_its_author_wrote_it(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("# a comment\n" + text(HEART))
    home = create_home(tmp_path / "c", "Test", "127.0.0.1:1", str(file))
    assert home.contracts().current().text == file.read_text()


def test_what_is_no_toml_is_named() -> None:
    with pytest.raises(SettingsError, match=r"next\.toml is not valid TOML"):
        contract_of("name =", "next.toml")
