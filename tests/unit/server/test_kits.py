from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from client.joining import NodeKey
from server.database import hospitals
from server.enrolment import admission
from server.enrolment import hospitals as enrolment
from server.enrolment.admission import JoinRefusedError, redeem
from server.enrolment.hospitals import (
    enrol,
    hospital_names,
    list_hospitals,
    public_collections,
)
from server.enrolment.kits import new_token
from server.flower_command import FlowerCommandError
from server.home import CoordinatorHome
from shared.enrolment import JoinRequest, Kit, read_kit
from shared.errors import SettingsError


@pytest.fixture
def superlink(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A SuperLink that takes every key; what it was asked is in the list."""
    asked: list[tuple[str, ...]] = []

    def answer(_home: CoordinatorHome, *arguments: str) -> dict[str, Any]:
        asked.append(arguments)
        return {"success": True, "node-id": 2**64 - len(asked)}

    monkeypatch.setattr(admission, "flower_command", answer)
    monkeypatch.setattr(enrolment, "flower_command", answer)
    return asked


def request_of(kit: Kit) -> JoinRequest:
    csr = NodeKey.create().signing_request(kit.hospital)
    return JoinRequest(token=kit.token, csr_pem=csr)


def test_a_kit_has_what_a_hospital_needs(home: CoordinatorHome) -> None:
    path = enrol(home, "lyon")
    kit = read_kit(path)
    assert path.name == "lyon.kit.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (kit.federation, kit.address, kit.hospital) == ("Test", "127.0.0.1:9092", "lyon")
    assert kit.authority_certificate == home.authority_certificate.read_text()


def test_a_token_has_256_bits() -> None:
    assert len(base64.urlsafe_b64decode(new_token() + "=")) == 32
    assert new_token() != new_token()


def test_the_token_is_not_stored(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon"))
    with home.engine().connect() as connection:
        row = connection.execute(select(hospitals)).one()
    assert kit.token not in str(row)
    assert all(kit.token.encode() not in file.read_bytes() for file in home.path.glob("*.db*"))


@pytest.mark.parametrize("name", ["", "../lyon", "a b", "-x", "é", "x" * 64, "a/b"])
def test_a_name_that_could_not_be_a_file_is_refused(home: CoordinatorHome, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a hospital's name"):
        enrol(home, name)
    assert not list(home.kits.iterdir())


@pytest.mark.usefixtures("superlink")
def test_a_hospital_joins_once(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon"))
    answer = redeem(home, request_of(kit))
    assert answer.hospital == "lyon"
    assert answer.contract_hash == home.contract().hash
    assert hospital_names(home.engine()) == {2**64 - 1: "lyon"}
    with pytest.raises(JoinRefusedError, match="used already"):
        redeem(home, request_of(kit))


@pytest.mark.usefixtures("superlink")
def test_of_many_at_the_same_time_one_joins(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon"))
    requests = [request_of(kit) for _ in range(8)]

    def outcome(request: JoinRequest) -> str:
        try:
            return redeem(home, request).hospital
        except JoinRefusedError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(outcome, requests))
    assert outcomes == ["lyon"] + ["refused"] * 7


def test_an_unknown_token_is_refused(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon"))
    unknown = kit.model_copy(update={"token": new_token()})
    nearly = kit.model_copy(update={"token": kit.token[:-1] + "-"})
    texts = set()
    for each in (unknown, nearly):
        with pytest.raises(JoinRefusedError) as caught:
            redeem(home, request_of(each))
        texts.add(str(caught.value))
    assert len(texts) == 1


def test_an_expired_kit_is_refused(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon", lifetime=timedelta(seconds=-1)))
    with pytest.raises(JoinRefusedError, match="expired on"):
        redeem(home, request_of(kit))
    assert [each.state for each in list_hospitals(home.engine())] == ["expired"]


def test_the_token_stays_good_when_the_superlink_is_away(
    home: CoordinatorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_home: CoordinatorHome, *_arguments: str) -> dict[str, Any]:
        raise FlowerCommandError("away")

    kit = read_kit(enrol(home, "lyon"))
    monkeypatch.setattr(admission, "flower_command", away)
    with pytest.raises(FlowerCommandError):
        redeem(home, request_of(kit))
    assert list_hospitals(home.engine())[0].state == "waiting"
    monkeypatch.setattr(admission, "flower_command", lambda *_: {"node-id": 7})
    assert redeem(home, request_of(kit)).hospital == "lyon"


@pytest.mark.usefixtures("superlink")
def test_a_bad_signing_request_leaves_the_token_good(home: CoordinatorHome) -> None:
    kit = read_kit(enrol(home, "lyon"))
    with pytest.raises(SettingsError):
        redeem(home, JoinRequest(token=kit.token, csr_pem="nonsense"))
    assert redeem(home, request_of(kit)).hospital == "lyon"


def test_enrolling_again_makes_the_first_kit_useless(home: CoordinatorHome) -> None:
    first = read_kit(enrol(home, "lyon"))
    second = read_kit(enrol(home, "lyon"))
    assert first.token != second.token
    with pytest.raises(JoinRefusedError, match="not known"):
        redeem(home, request_of(first))


def test_a_joined_hospital_is_enrolled_again_only_on_request(
    home: CoordinatorHome, superlink: list[tuple[str, ...]]
) -> None:
    redeem(home, request_of(read_kit(enrol(home, "lyon"))))
    with pytest.raises(SettingsError, match="has joined already"):
        enrol(home, "lyon")
    kit: Path = enrol(home, "lyon", replace=True)
    assert superlink[-1][:3] == ("supernode", "unregister", str(2**64 - 1))
    assert redeem(home, request_of(read_kit(kit))).hospital == "lyon"


def test_a_public_collection_is_told_from_patients(home: CoordinatorHome) -> None:
    enrol(home, "lyon")
    enrol(home, "cases", public=True)
    assert public_collections(home.engine()) == ["cases"]
    assert [each.as_json()["is_public"] for each in list_hospitals(home.engine())] == [True, False]
    # Enrolled anew as a hospital, it is one.
    enrol(home, "cases")
    assert public_collections(home.engine()) == []
