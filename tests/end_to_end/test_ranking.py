"""Hospitals learn to rank over a real SuperLink; a killed run goes on; their API ranks with it.

About two minutes: rounds over real streams, a kill in the middle, and a node that answers.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import tomli_w

from server.home import open_home
from server.run_store import RunStore
from shared.ontology import HumanPhenotypeOntology
from simulations.demo.commands import Services, free_port, run_command
from simulations.demo.federation import without_dashboard
from tests.end_to_end.conftest import Federation, command, join, run_anyway
from tests.integration.test_odd_cases_are_ranked import CONTRACT, UNSEEN, records_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

HOSPITALS = ("north", "south", "east")
# Steps of some hundredths of a second; enough of them that there is a middle.
LEARNING = (
    *("--set", "ranking.folds=3", "--set", "ranking.passes=30", "--set", "ranking.gate_passes=4"),
    *("--set", "answer_timeout=120"),
)
MAPPING = """
[source]
kind = "csv"
path = "records.csv"
[label]
column = "diagnosis"
codes = {}
[[column]]
column = "findings"
feature = "findings"
separator = " "
"""


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    root = tmp_path_factory.mktemp("ranking")
    contract = root / "contract.toml"
    contract.write_text(tomli_w.dumps(CONTRACT.model_dump(mode="json", exclude_none=True)))
    run_command(
        *("coordinator", "init", str(root / "coordinator"), "--name", "test"),
        *("--address", f"127.0.0.1:{free_port()}", "--contract", str(contract)),
    )
    without_dashboard(root / "coordinator")
    with Services(root / "logs") as services:
        services.start("coordinator", "coordinator", "serve", "--home", str(root / "coordinator"))
        services.wait_until_said("coordinator", "is ready")
        for seed, name in enumerate(HOSPITALS):
            node = join(root, name, written(root / "data" / name, seed))
            (node / "api.toml").write_text(f"port = {free_port()}\n")
            (node / "serving.toml").write_text("latency_limit = 60.0\n")
            services.start(name, "node", "serve", "--home", str(node))
        for name in HOSPITALS:
            services.wait_until_said(name, "is connected")
        yield Federation(root, services)


def written(folder: Path, seed: int) -> Path:
    folder.mkdir(parents=True)
    records = records_of(seed)
    lines = [
        f"{' '.join(findings)},{label}"
        for findings, label in zip(records.table["findings"], records.labels, strict=True)
    ]
    (folder / "records.csv").write_text("\n".join(["findings,diagnosis", *lines]) + "\n")
    mapping = folder / "mapping.toml"
    mapping.write_text(MAPPING)
    return mapping


def learning(federation: Federation) -> subprocess.Popen[str]:
    home = str(federation.coordinator)
    return subprocess.Popen(
        command("coordinator", "engine", "--learn", "--home", home, "--json", *LEARNING),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def in_the_middle(federation: Federation, process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(process.communicate()[1])
        store = RunStore(open_home(federation.coordinator).engine())
        runs = store.all()
        if runs and len(store.rounds(runs[-1].id)) > 20:
            return runs[-1].id
        time.sleep(0.2)
    pytest.fail("the run did not get that far")


def ended(federation: Federation, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        (found,) = (each for each in federation.runs() if each["id"] == run)
        if found["ended_at"] is not None:
            return found
        time.sleep(2)
    pytest.fail("the run did not end")


def test_a_killed_learning_goes_on_and_is_deployed(federation: Federation) -> None:
    process = learning(federation)
    run = in_the_middle(federation, process)
    coordinator = psutil.Process(federation.services.processes["coordinator"].pid)
    (app,) = (
        each
        for each in coordinator.children(recursive=True)
        if any("flwr-serverapp" in word for word in each.cmdline())
    )
    app.kill()
    process.kill()
    process.communicate()
    found = ended(federation, run)
    assert found["status"] == "completed", found["message"]
    ranking = found["result"]["ranking"]
    assert ranking["diseases"] > 8000
    assert ranking["top"]["federated"]["all"]["top_10"]["cases"] > 5
    steps = [each["number"] for each in found["rounds"] if each["model"].endswith(" scorers")]
    assert steps[-1] == 30 * 12
    assert found["result"]["engine"]["registered"]["name"] == "packets.disease_ranking"

    home = ("--home", str(federation.coordinator), "--json")
    deployed = run_anyway("coordinator", "deploy", f"{run}/disease_ranking", *home)
    assert deployed.returncode == 0, deployed.stderr
    node = federation.node("north")
    listed = json.loads(run_anyway("node", "models", "list", "--home", str(node), "--json").stdout)
    assert [(each["version"], each["role"]) for each in listed] == [
        (f"{run}/disease_ranking", "active")
    ]

    added = run_anyway("node", "key", "add", "test", "--role", "predict", "--home", str(node))
    key = added.stdout.strip().splitlines()[-1].split()[-1]
    port = int((node / "api.toml").read_text().split("=")[1])
    terms = list(HumanPhenotypeOntology().disease_findings(UNSEEN))[:12]
    answer = asked(port, key, terms)
    assert answer["model"]["version"] == f"{run}/disease_ranking"
    diseases = answer["ranking"]["diseases"]
    assert UNSEEN in [each["code"] for each in diseases[:10]]
    assert diseases[0]["matching"]


def test_a_ranking_with_a_guarantee_is_deployed_too(federation: Federation) -> None:
    options = [f"privacy.{each}" for each in ("guarantee=differential", "epsilon=7")]
    sets = [word for each in options for word in ("--set", each)]
    home = ("--home", str(federation.coordinator), "--json")
    learned = run_anyway("coordinator", "engine", "--learn", *home, *sets)
    assert learned.returncode == 0, learned.stderr
    found = json.loads(learned.stdout.strip().splitlines()[-1])
    assert found["status"] == "completed"
    card = (Path(found["engine"]["bundle"]) / "card.md").read_text()
    assert "Every patient is promised epsilon 7 at delta 1e-05" in card
    engine = f"{found['run']}/disease_ranking"
    deployed = run_anyway("coordinator", "deploy", engine, *home)
    assert deployed.returncode == 0, deployed.stderr
    ledger = run_anyway("node", "ledger", "--json", "--home", str(federation.node("south")))
    told = [each for each in json.loads(ledger.stdout)["entries"] if each["epsilon"]]
    assert [each["purpose"] for each in told][:3] == [
        "noised ranking",
        "noised ranking 2",
        "noised ranking 3",
    ]


def asked(port: int, key: str, findings: list[str]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{port}/v1/rankings",
                json={"case": {"findings": findings}},
                headers={"Authorization": f"Bearer {key}"},
                timeout=30,
            )
        except httpx.HTTPError:
            time.sleep(1)
            continue
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
    pytest.fail("the API does not answer")
