"""A member, a stranger, and a coordinator that cannot be asked."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from client import membership
from client.coordinator_connection import ASK_TO_BE_ENROLLED, NoMemberError, ask
from client.home import open_home
from shared.errors import ConnectionRefusedByPeerError


def answering(status: int, **content: str) -> httpx.Client:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=content))
    return httpx.Client(base_url="https://coordinator", transport=transport)


def test_whoever_is_not_known_is_told_so_with_what_to_do() -> None:
    with pytest.raises(NoMemberError, match="left the federation") as caught:
        ask(answering(401, detail="It left the federation."), "GET", "/v1/contract")
    assert caught.value.fix == ASK_TO_BE_ENROLLED
    with pytest.raises(NoMemberError) as caught:
        ask(answering(401, detail="It waits.", fix="Wait."), "GET", "/v1/contract")
    assert caught.value.fix == "Wait."


def test_other_refusals_say_nothing_of_membership() -> None:
    with pytest.raises(ConnectionRefusedByPeerError) as caught:
        ask(answering(409, detail="Another version."), "GET", "/v1/contract")
    assert not isinstance(caught.value, NoMemberError)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        (NoMemberError("It left."), "It left."),
        (ConnectionRefusedByPeerError("It cannot be reached."), None),
    ],
)
def test_only_the_coordinators_own_word_makes_a_stranger(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, expected: str | None
) -> None:
    def offered(_home: object) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(membership, "offered_contract", offered)
    found = membership.why_no_member(open_home(home))
    assert (found.what if found else None) == expected
