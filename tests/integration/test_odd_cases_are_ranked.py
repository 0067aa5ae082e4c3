"""Odd cases through the real API, by the engine of annotations and by one that hospitals taught."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tomli_w
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from client.api.application import create_api
from client.api.settings import ApiSettings
from client.hospital import Hospital, LocalRecords
from client.ranking.opening import open_rankings
from client.serving.services import open_services
from server.home import CoordinatorHome, create_home
from server.ranking.bundling import write_engine
from server.ranking.learning_run import LearningRun
from server.ranking.making import make_engine
from shared.contract import Contract
from shared.knowledge import Published
from shared.knowledge.installed import installed_published
from shared.ontology import HumanPhenotypeOntology
from shared.records import Records, records_from_columns
from simulations.silence import Silent
from tests.integration.ranking_federation import NAMES, brief, grid_of
from tests.unit.client.api.conftest import RATE, keys_of, write_home
from tests.unit.client.sources.test_phenopackets import CONTRACT as PACKETS

KNOWN = HumanPhenotypeOntology()
SEEN = ["OMIM:154700", "OMIM:142900", "OMIM:147920", "OMIM:162200", "OMIM:163950", "OMIM:191100"]
UNSEEN = "OMIM:122470"
# Ordinary diseases of ICD-10, of which nothing is published, and what patients with them have.
ORDINARY = {"I10": ["HP:0000822", "HP:0002315"], "J45": ["HP:0002099", "HP:0030828"]}
CONTRACT = Contract.model_validate(
    {
        **PACKETS.model_dump(mode="json"),
        "target": [
            *({"code": code, "name": code, "frequency": "rare"} for code in SEEN),
            {"code": "I10", "name": "Essential hypertension", "frequency": "common"},
            {"code": "J45", "name": "Asthma", "frequency": "common"},
        ],
    }
)
ENGINES = ("annotations", "learned")


@pytest.fixture(scope="module")
def published() -> Published:
    return installed_published(KNOWN)


@pytest.fixture(scope="module")
def coordinator(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    root = tmp_path_factory.mktemp("coordinator")
    (root / "contract.toml").write_text(
        tomli_w.dumps(CONTRACT.model_dump(mode="json", exclude_none=True))
    )
    return create_home(root / "home", "Test", "127.0.0.1:1", str(root / "contract.toml"))


def records_of(seed: int) -> Records:
    generator = np.random.default_rng(seed)
    findings: list[object] = []
    labels = []
    known = {code: list(KNOWN.disease_findings(code)) for code in SEEN} | ORDINARY
    for code, terms in known.items():
        for _ in range(6):
            count = min(6, len(terms))
            findings.append(tuple(generator.choice(terms, count, replace=False).tolist()))
            labels.append(code)
    return records_from_columns(CONTRACT, {"findings": findings}, labels)


@pytest.fixture(scope="module")
def bundles(coordinator: CoordinatorHome, published: Published) -> dict[str, Path]:
    hospitals = {
        node: Hospital(NAMES[node], CONTRACT, _reading(records_of(node))) for node in (1, 2)
    }
    settings = brief()
    found = LearningRun(grid_of(hospitals), NAMES, CONTRACT, settings, published, Silent()).run()
    return {
        "annotations": make_engine(coordinator, None, None),
        "learned": write_engine(coordinator, "run-0001", settings, found),
    }


def _reading(records: Records) -> Any:  # noqa: ANN401
    return lambda: LocalRecords(records)


class Asking:
    """A program with a key."""

    def __init__(self, client: TestClient, key: str) -> None:
        self._client, self._key = client, key

    def __call__(self, present: list[str], absent: list[str] | None = None) -> httpx.Response:
        body = {"case": {"findings": present, "absent_findings": absent or []}}
        found: httpx.Response = self._client.post(
            "/v1/rankings", json=body, headers={"Authorization": f"Bearer {self._key}"}
        )
        return found

    def ranking(self, present: list[str], absent: list[str] | None = None) -> dict[str, Any]:
        answer = self(present, absent)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module", params=ENGINES)
def asking(
    request: pytest.FixtureRequest,
    bundles: dict[str, Path],
    coordinator: CoordinatorHome,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asking]:
    home = write_home(tmp_path_factory.mktemp(request.param) / "node", CONTRACT)
    key = coordinator.signing_key().public_key()
    (home / "coordinator.pub").write_bytes(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    (home / "ranking.toml").write_text(
        'hospital_type = "clinic"\n[prevalence."I10"]\nanywhere = 0.05\nclinic = 0.2\n'
        '[prevalence."OMIM:154700"]\nanywhere = 0.0002\n'
    )
    opened = open_services(home)
    assert opened.rankings is not None
    opened.rankings.close()
    store = open_rankings(opened.home, opened.settings)
    store.install(bundles[request.param])
    store.close()
    opened.close()
    services = open_services(home)
    settings = ApiSettings.model_validate({"rate": RATE})
    application = create_api(services, settings=settings, observers=[])
    with TestClient(application, raise_server_exceptions=False) as client:
        yield Asking(client, keys_of(services)["predict"])
    services.close()


def test_an_unseen_disease_is_ranked_by_knowledge(asking: Asking) -> None:
    terms = list(KNOWN.disease_findings(UNSEEN))[:12]
    found = asking.ranking(terms)["ranking"]["diseases"]
    told = next(each for each in found[:10] if each["code"] == UNSEEN)
    assert (told["cases"], told["known_from"]) == (0, "annotations")
    assert told["url"] == "https://omim.org/entry/122470"
    assert told["matching"]
    assert told["matching"][0]["finding"]["url"].startswith("https://hpo.jax.org/browse/term/HP:")


def test_a_disease_with_cases_is_first_with_the_next_finding(asking: Asking) -> None:
    found = asking.ranking(["HP:0001166", "HP:0001083", "HP:0002616"])["ranking"]
    assert "OMIM:154700" in [each["code"] for each in found["diseases"][:5]]
    assert found["next_findings"][0]["bits"] > 0


def test_an_empty_case_is_not_enough_evidence(asking: Asking) -> None:
    found = asking.ranking([])
    assert (found["enough_evidence"], found["why_not_code"]) == (False, "no_findings")


def test_66_findings_are_ranked(asking: Asking) -> None:
    codes = [*KNOWN.disease_findings("OMIM:147920")][:40]
    codes += [code for code in KNOWN.codes() if code not in codes][: 66 - len(codes)]
    found = asking.ranking(codes)["ranking"]["diseases"]
    assert "OMIM:147920" in [each["code"] for each in found[:10]]
    total = sum(each["probability"] for each in found)
    assert 0 < total <= 1 + 1e-6


def test_what_is_present_and_absent_is_told_and_believed(asking: Asking) -> None:
    found = asking.ranking(["HP:0001631"], ["HP:0001631", "HP:0001627"])["ranking"]
    assert sorted(found["contradictory"]) == ["HP:0001627", "HP:0001631"]
    same = asking.ranking(["HP:0001631"])["ranking"]
    assert [each["code"] for each in found["diseases"]] == [
        each["code"] for each in same["diseases"]
    ]


def test_an_obsolete_term_stands_for_what_replaced_it(asking: Asking) -> None:
    findings = set(KNOWN.codes())
    old = next(
        each
        for each in KNOWN.every_code()
        if KNOWN.current(each) != each and KNOWN.current(each) in findings
    )
    found = asking.ranking([old])["ranking"]
    assert found["replaced"] == {old: KNOWN.current(old)}
    same = asking.ranking([KNOWN.current(old)])["ranking"]
    assert [each["code"] for each in found["diseases"]] == [
        each["code"] for each in same["diseases"]
    ]


@pytest.mark.parametrize("code", ["SNOMED:12345", "MONDO:0007947", "HP:9999999", "hp:0001631"])
def test_a_term_of_another_ontology_is_refused_at_its_place(asking: Asking, code: str) -> None:
    answer = asking(["HP:0001631", code])
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/case/findings/1"


def test_ordinary_diseases_stand_beside_rare_ones(asking: Asking, request: Any) -> None:  # noqa: ANN401
    found = asking.ranking(["HP:0000822", "HP:0002315"])["ranking"]
    assert found["prevalence"] == {"hospital_type": "clinic", "stated": 2}
    if "learned" not in request.node.callspec.id:
        return
    first = found["diseases"][0]
    assert (first["code"], first["name"]) == ("I10", "Essential hypertension")
    assert (first["prevalence"], first["known_from"], first["url"]) == (0.2, "cases", "")
    assert first["matching"]
