"""Streams, Flower's own messages, and both in one run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.end_to_end.conftest import Federation

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

SHORT = (
    *("--set", 'models=["neural_network"]', "--set", "compare_alone=false"),
    *("--set", "neural_network.rounds=2"),
)


def result_of(federation: Federation, *options: str) -> dict[str, Any]:
    output, progress = federation.start_training(*SHORT, *options).communicate(timeout=400)
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert result["status"] == "completed", progress
    return result


def test_every_way_gives_the_same_model(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four processes start at once, on machines that have other work.
    by_stream = result_of(federation, "--set", "session.connect_timeout=100")
    assert not any(each["without_stream"] for each in federation.runs()[-1]["rounds"])
    by_messages = result_of(federation, "--transport", "flower")
    assert by_messages["models"] == by_stream["models"]

    services = federation.services
    services.stop(["west"])
    # Nothing listens there: the node reaches the coordinator's door, and no stream.
    monkeypatch.setenv("grpc_proxy", "http://127.0.0.1:9")
    services.start("west", "node", "serve", "--home", str(federation.node("west")))
    services.wait_until_said("west", "is connected")
    monkeypatch.delenv("grpc_proxy")
    mixed = result_of(federation)
    assert mixed["models"] == by_stream["models"]
    rounds = federation.runs()[-1]["rounds"]
    assert [list(each["without_stream"]) for each in rounds] == [["west"]] * len(rounds)
    assert "could be opened" in rounds[-1]["without_stream"]["west"]
    assert all(each["bytes_sent"] > 0 and each["bytes_received"] > 0 for each in rounds)
