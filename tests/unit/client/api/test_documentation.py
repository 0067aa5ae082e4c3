"""The documentation's examples work when they are pasted, and its settings are ones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import tomli_w

from client.api.keys.key_book import KeyBook
from client.api.settings import ApiSettings
from client.serving.services import open_services
from shared.contract import load_contract
from tests.unit.client.api.conftest import write_home
from tests.unit.client.api.test_process import Node, free_port
from tests.unit.client.serving.bundles import trained, write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
MAPPING = {
    "source": {
        "kind": "fhir",
        "path": "export",
        "field": [
            {"name": "pressure", "resource": "Observation", "code": "loinc|8480-6"},
            {"name": "dx", "resource": "Condition", "code": "icd10|I*", "value": "code"},
        ],
    },
    "rows": {"patient": "patient"},
    "label": {"column": "dx", "codes": {"I10": "disease"}},
    "column": [
        {"column": "age", "feature": "age", "unit_column": "age_unit"},
        {"column": "gender", "feature": "sex"},
        {
            "column": "pressure",
            "feature": "resting_blood_pressure",
            "unit_column": "pressure_unit",
        },
    ],
}


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE) if found == kind]


@pytest.fixture
def heart_node(tmp_path: Path) -> Node:
    contract = load_contract("heart_disease")
    home, port = write_home(tmp_path / "node", contract), free_port()
    write_signed(trained("random_forest", contract), tmp_path / "bundle", SIGNING_KEY)
    (home / "fhir.toml").write_text(tomli_w.dumps(MAPPING))
    (home / "api.toml").write_text(tomli_w.dumps({"port": port, "fhir": {"mapping": "fhir.toml"}}))
    services = open_services(home)
    services.store.install(tmp_path / "bundle")
    key = KeyBook(services.audit.engine).add("ward-7", ["predict", "confirm", "audit"])
    services.close()
    return Node(home, port, key)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_works_when_pasted(heart_node: Node, tmp_path: Path) -> None:
    setup, *examples = blocks("sh")
    assert "juntos node key add" in setup
    script = [f"export JUNTOS=http://127.0.0.1:{heart_node.port} KEY={heart_node.token}"]
    # An answer with a status above 399 ends the script.
    script += [each.replace("curl -s ", "curl -sS --fail-with-body ") for each in examples]
    with heart_node.running():
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", "\n".join(script)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in ("explanation", "invalid-case", "disease_1", "conflict", "RiskAssessment"):
        assert expected in done.stdout, expected


def test_the_shown_answers_are_json() -> None:
    shown = [json.loads(block) for block in blocks("json")]
    assert shown
    assert all(isinstance(each, dict) for each in shown)


def test_the_shown_settings_are_the_defaults() -> None:
    (block,) = blocks("toml")
    shown = ApiSettings.model_validate(tomllib.loads(block))
    defaults = ApiSettings()
    for name in ("host", "port", "idempotency_hours", "batch_days", "rate", "size"):
        assert getattr(shown, name) == getattr(defaults, name)
