"""A node that ranks, with an engine that was signed and installed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.ranking.opening import open_rankings
from client.serving.services import NodeServices, open_services
from shared.bundle.ranking_files import golden_ranking, ranking_files
from shared.compiled_terms import compile_terms
from shared.contract import Contract
from shared.ontology import HumanPhenotypeOntology
from shared.ranking.case import CaseFindings
from tests.unit.client.api.conftest import write_home
from tests.unit.client.ranking.small_engine import ENGINE, FILE, KNOWLEDGE, SmallEngine, open_small
from tests.unit.client.serving.conftest import SIGNING_KEY
from tests.unit.client.sources.test_phenopackets import CONTRACT as PACKETS

# Ordinary classes of ICD-10 stand beside those of OMIM.
CONTRACT = Contract.model_validate(
    {
        **PACKETS.model_dump(mode="json"),
        "target": [
            {"code": "OMIM:142900", "name": "Holt-Oram syndrome", "frequency": "rare"},
            {"code": "OMIM:154700", "name": "Marfan syndrome", "frequency": "rare"},
            {"code": "I10", "name": "Hypertension", "frequency": "common"},
        ],
    }
)
CASES = [
    CaseFindings(("HP:0001631", "HP:0001199"), ("HP:0001166",), 4.0),
    CaseFindings(("HP:0000822",)),
    CaseFindings(()),
]


@pytest.fixture(scope="session")
def terms() -> bytes:
    return compile_terms(HumanPhenotypeOntology())


def bundle_files(
    terms: bytes, contract: Contract = CONTRACT, run: str = "run-1"
) -> dict[str, bytes]:
    engine = SmallEngine(KNOWLEDGE)
    golden = [golden_ranking(case, engine.rank(case)) for case in CASES]
    own = {FILE: json.dumps(KNOWLEDGE).encode()}
    return ranking_files(contract, ENGINE, own, terms, golden, run, "# Card\n", SIGNING_KEY)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_home(tmp_path / "node", CONTRACT)


@pytest.fixture
def services(home: Path, terms: bytes) -> Iterator[NodeServices]:
    opened = open_services(home)
    if opened.rankings is not None:
        opened.rankings.close()
    rankings = open_rankings(opened.home, opened.settings, open_small)
    rankings.install(bundle_files(terms))
    found = dataclasses.replace(opened, rankings=rankings)
    yield found
    found.close()
