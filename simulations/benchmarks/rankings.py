"""How long a ranking of all known diseases takes at a hospital, with reasons, through the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console
from rich.table import Table
from tomli_w import dumps

from client.hospital import Hospital, LocalRecords
from client.ranking.opening import open_rankings
from client.serving.services import open_services
from server.home import CoordinatorHome, create_home
from server.ranking.bundling import write_engine
from server.ranking.learning_run import LearningRun
from server.ranking.making import make_engine
from shared.contract import Contract
from shared.knowledge import Published, read_published
from shared.knowledge.installed import installed_published
from shared.records import Records, records_from_columns
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.benchmarks.predict import send
from simulations.benchmarks.predict_models import Subject, write_home
from simulations.benchmarks.predict_servers import Target, juntos
from simulations.silence import Silent

ENGINES = ("annotations", "learned")
DISEASES, CASES, HOSPITALS = 600, 6, 2
# Findings of a patient who is asked about; the last ones are looked for and absent.
FEWEST, MOST, ABSENT = 2, 24, 6
ASKED = 200
GOAL_MS = 150.0
FINDINGS = {"kind": "terms", "description": "Findings", "code_system": "HPO"}


def run_rankings(
    ontology: Path | None, seconds: float, seed: int, console: Console
) -> dict[str, Any]:
    """Make both engines, have a node serve each, and ask about made-up patients.

    Parameters
    ----------
    ontology : Path or None
        Folder with ``hp.obo`` and ``phenotype.hpoa``; the installed release without it.
    seconds : float
        Of each measurement.
    """
    published = read_published(ontology) if ontology else installed_published()
    generator = np.random.default_rng(seed)
    patients = MadeUpPatients(published, generator)
    contract = patients.contract()
    result: dict[str, Any] = {"goal_ms": GOAL_MS}
    with TemporaryDirectory(prefix="juntos-rankings-") as folder:
        root = Path(folder)
        (root / "contract.toml").write_text(
            dumps(contract.model_dump(mode="json", exclude_none=True)), encoding="utf-8"
        )
        home = create_home(root / "home", "bench", "127.0.0.1:1", str(root / "contract.toml"))
        console.print(f"learning from made-up patients of {DISEASES} diseases")
        bundles = {
            "annotations": _annotations(home, ontology),
            "learned": _learned(home, contract, patients, published, seed),
        }
        cases = [patients.asked() for _ in range(ASKED)]
        for name in ENGINES:
            result[name] = _measured(home, root / name, contract, bundles[name], cases, seconds)
    result["p99_ms"] = max(result[name]["p99_ms"] for name in ENGINES)
    result["reached"] = result["p99_ms"] < GOAL_MS
    console.print(_table(result))
    return result


class MadeUpPatients:
    """Draws patients from what is published: fit to time an engine, not to judge it."""

    def __init__(self, published: Published, generator: np.random.Generator) -> None:
        self._generator, self._codes = generator, published.findings.codes
        diseases = published.diseases()
        known = published.knowledge(diseases)
        rich = np.flatnonzero(known.annotated >= MOST // 2)
        self._rows = generator.choice(rich, min(DISEASES, len(rich)), replace=False)
        self._known = known
        self.diseases = [diseases[row] for row in self._rows]

    def contract(self) -> Contract:
        """Return a contract with these diseases."""
        return Contract.model_validate(
            {
                "name": "rankings",
                "version": "1.0.0",
                "description": "Made up",
                "identifying_fields": [],
                "feature": [
                    {"name": "findings", **FINDINGS},
                    {"name": "absent_findings", **FINDINGS, "meaning": "absent"},
                ],
                "target": [
                    {"code": code, "name": code, "frequency": "rare"} for code in self.diseases
                ],
            }
        )

    def findings(self, place: int) -> list[str]:
        """Draw some findings of a disease."""
        terms = self._known.frequencies[self._rows[place]].indices
        count = min(int(self._generator.integers(FEWEST, MOST)), len(terms))
        chosen = self._generator.choice(terms, count, replace=False)
        return [self._codes[column] for column in chosen.tolist()]

    def records(self, contract: Contract) -> Records:
        """Draw the patients of a hospital."""
        places = [place for place in range(len(self.diseases)) for _ in range(CASES)]
        columns: dict[str, list[object]] = {"findings": [tuple(self.findings(p)) for p in places]}
        return records_from_columns(contract, columns, [self.diseases[p] for p in places])

    def asked(self) -> dict[str, list[str]]:
        """Draw a patient to ask about."""
        present = self.findings(int(self._generator.integers(len(self.diseases))))
        absent = self._generator.choice(self._codes, ABSENT, replace=False).tolist()
        return {"findings": present, "absent_findings": absent}


def _annotations(home: CoordinatorHome, ontology: Path | None) -> Path:
    if ontology is None:
        return make_engine(home, None, None)
    return make_engine(home, ontology / "phenotype.hpoa", ontology / "hp.obo")


def _learned(
    home: CoordinatorHome,
    contract: Contract,
    patients: MadeUpPatients,
    published: Published,
    seed: int,
) -> Path:
    from client.app import create_client_app

    def simulated(name: str, records: Records) -> SimulatedHospital:
        hospital = Hospital(name, contract, lambda: LocalRecords(records))
        return SimulatedHospital(create_client_app(lambda _context: hospital))

    names = {node: f"hospital-{node}" for node in range(1, HOSPITALS + 1)}
    grid = InProcessGrid(
        {node: simulated(name, patients.records(contract)) for node, name in names.items()}
    )
    ranking = {"enabled": True, "passes": 2, "gate_passes": 2}
    settings = run_settings({"ranking": ranking, "seed": seed}, [], "rankings")
    with grid:
        found = LearningRun(grid, names, contract, settings, published, Silent()).run()
    return write_engine(home, "run-0001", settings, found)


def _measured(
    home: CoordinatorHome,
    folder: Path,
    contract: Contract,
    bundle: Path,
    cases: list[dict[str, list[str]]],
    seconds: float,
) -> Mapping[str, float]:
    node = folder / "node"
    write_home(node, contract, home.signing_key())
    public = home.signing_key().public_key()
    (node / "coordinator.pub").write_bytes(
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    )
    services = open_services(node)
    store = open_rankings(services.home, services.settings)
    store.install(bundle)
    store.close()
    services.close()
    subject = Subject(folder.name, node, (), cases, 0)
    with juntos(subject) as target:
        bodies = [json.dumps({"case": case}) for case in cases]
        load = send(Target(target.port, "/v1/rankings", target.headers, bodies), 1, seconds)
    return {
        "p50_ms": load.p50_ms,
        "p99_ms": load.p99_ms,
        "requests": load.requests,
        "failed_requests": load.failed,
    }


def _table(result: Mapping[str, Any]) -> Table:
    shown = Table(
        title="rankings: all diseases, audited, one process on one core",
        title_justify="left",
        box=None,
    )
    shown.add_column("engine")
    for title in ("p50 ms", "p99 ms", "rankings"):
        shown.add_column(title, justify="right")
    for name in ENGINES:
        each = result[name]
        shown.add_row(name, f"{each['p50_ms']:.1f}", f"{each['p99_ms']:.1f}", f"{each['requests']}")
    return shown
