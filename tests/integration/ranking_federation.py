"""Three hospitals with made-up rare diseases, for runs that learn to rank."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import OpenGate
from client.privacy.policy import Policy
from shared.contract import Contract
from shared.records import Records, records_from_columns
from shared.run_settings import RunSettings, run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from tests.unit.shared.ranking.small_ontology import AREAS, SPECIFIC, leaf, write_ontology

# With cases; known from annotations alone; ordinary ones of ICD-10 that nothing is published of.
SEEN = [f"OMIM:{number}" for number in range(10, 26)]
UNSEEN = [f"OMIM:{number}" for number in range(60, 70)]
ORDINARY = ["I10", "E11.9"]
NAMES = {1: "lyon", 2: "madrid", 3: "turin"}
LEAVES = [leaf(area, each) for area in range(AREAS) for each in range(SPECIFIC)]
FINDINGS = {"kind": "terms", "description": "Findings", "code_system": "HPO"}
CONTRACT = Contract.model_validate(
    {
        "name": "rare",
        "version": "1.0.0",
        "description": "Made-up rare diseases beside ordinary ones",
        "identifying_fields": ["name"],
        "feature": [
            {"name": "findings", **FINDINGS},
            {"name": "absent_findings", **FINDINGS, "meaning": "absent"},
            {
                "name": "age",
                "kind": "numeric",
                "description": "Age",
                "unit": "a",
                "minimum": 0,
                "maximum": 120,
            },
            {
                "name": "sex",
                "kind": "categorical",
                "description": "Sex",
                "codes": [
                    {"code": "female", "name": "Female"},
                    {"code": "male", "name": "Male"},
                ],
            },
        ],
        "target": [
            *({"code": code, "name": f"Disease {code}", "frequency": "rare"} for code in SEEN),
            *(
                {"code": code, "name": f"Ordinary {code}", "frequency": "common"}
                for code in ORDINARY
            ),
        ],
    }
)


def patterns() -> dict[str, list[str]]:
    """Return each disease's findings."""
    generator = np.random.default_rng(7)
    codes = [*SEEN, *UNSEEN, *ORDINARY]
    return {code: sorted(generator.choice(LEAVES, 6, replace=False)) for code in codes}


def write_published(folder: Path) -> Path:
    """Write the ontology with annotations of all but the ordinary diseases."""
    rows = [
        (code, finding, f"PMID:{5000 + number}", "3/4")
        for number, (code, findings) in enumerate(patterns().items())
        if code not in ORDINARY
        for finding in findings
    ]
    return write_ontology(folder, rows)


def records_of(
    seed: int, each: int = 9, contract: Contract = CONTRACT, codes: list[str] | None = None
) -> Records:
    """Make up some patients of each disease."""
    generator = np.random.default_rng(seed)
    known = patterns()
    columns: dict[str, list[object]] = {
        name: [] for name in ("findings", "absent_findings", "age", "sex")
    }
    labels = []
    for code in codes or [*SEEN, *ORDINARY]:
        for _ in range(each):
            has = generator.random(6) < 0.7
            findings = known[code]
            some = [f for f, h in zip(findings, has, strict=True) if h] or findings[:1]
            columns["findings"].append((*some, str(generator.choice(LEAVES))))
            columns["absent_findings"].append(
                tuple(f for f, h in zip(findings, has, strict=True) if not h)
            )
            columns["age"].append(float(generator.integers(0, 60)))
            columns["sex"].append(str(generator.choice(["female", "male"])))
            labels.append(code)
    return records_from_columns(contract, columns, labels)


def brief(**changes: object) -> RunSettings:
    """Return settings of a run that learns in few steps."""
    ranking = {
        "enabled": True,
        "folds": 3,
        "passes": 2,
        "steps_per_pass": 3,
        "gate_passes": 2,
        "gate_steps_per_pass": 2,
    }
    return run_settings({"ranking": ranking, "join_timeout": 1, **changes}, [], "test")


def hospitals_with(records: Mapping[int, Records], smallest: int = 1) -> dict[int, Hospital]:
    """Return the hospitals by node."""
    policy = Policy(
        formal_privacy_required=False, smallest_cell=smallest, smallest_cohort=1, assumed_honest=9
    )
    return {node: hospital_with(NAMES[node], each, policy) for node, each in records.items()}


def hospital_with(name: str, records: Records, policy: Policy) -> Hospital:
    """Return one hospital."""
    return Hospital(name, CONTRACT, lambda: LocalRecords(records), OpenGate(policy))


def grid_of(hospitals: Mapping[int, Hospital]) -> InProcessGrid:
    """Return a grid whose hospitals these are."""
    return InProcessGrid({node: _simulated(each) for node, each in hospitals.items()})


def _simulated(hospital: Hospital) -> SimulatedHospital:
    return SimulatedHospital(create_client_app(lambda _context: hospital))
