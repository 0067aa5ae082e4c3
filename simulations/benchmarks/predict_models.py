"""Models to answer with: 40 numbers or 16,000 terms, trained on rows that are made up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from client.serving.services import open_services
from server.bundling import terms_of, with_onnx
from shared.bundle import Bundle, write_bundle
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.models import create_model
from shared.ontology import HumanPhenotypeOntology
from shared.preparation import prepare
from shared.records import Records, records_from_columns
from shared.run_settings import ModelName, run_settings
from shared.statistics import summarise

DISEASES = 41
NUMBERS = 40
TERM_COLUMNS = 16_000
TERMS_OF_A_PATIENT = 12
DIFFERENT_CASES = 64
SETTINGS: dict[str, Any] = {
    "neural_network": {"rounds": 1, "local_epochs": 1, "hidden": [64]},
    "random_forest": {"trees": 50, "maximum_depth": 8},
    "preprocessing": {"minimum_term_rows": 1},
}


@dataclass(frozen=True)
class Subject:
    """What answers, and what it is asked.

    Attributes
    ----------
    name : str
        ``dense`` or ``terms``.
    home : Path
        A node's folder in which the model is installed.
    bundles : tuple of Path
        Signed, of the same contract; the first one is installed.
    cases : list of dict
        As the API takes them.
    columns : int
        That the model sees.
    """

    name: str
    home: Path
    bundles: tuple[Path, ...]
    cases: list[dict[str, Any]]
    columns: int


def dense(folder: Path, seed: int) -> Subject:
    """Make a forest over 40 numbers, twice, so that they can be swapped."""
    features = [
        {
            "name": f"measurement_{number}",
            "kind": "numeric",
            "description": f"Measurement {number}",
            "unit": "mmol/L",
            "minimum": 0,
            "maximum": 100,
        }
        for number in range(NUMBERS)
    ]
    contract = contract_of("dense", features)
    generator = np.random.default_rng(seed)
    values = generator.uniform(0, 100, (2_000, NUMBERS)).round(2)
    columns: dict[str, list[object]] = {
        name: values[:, index].tolist() for index, name in enumerate(contract.features)
    }
    records = labelled(contract, columns, generator)
    bundles = [trained("random_forest", contract, records, seed + each) for each in range(2)]
    cases = [dict(zip(contract.features, row.tolist(), strict=True)) for row in values]
    return installed("dense", folder, contract, bundles, cases)


def terms(folder: Path, seed: int) -> Subject:
    """Make a network over 16,000 terms of the Human Phenotype Ontology."""
    feature = {
        "name": "phenotypes",
        "kind": "terms",
        "description": "Observed",
        "code_system": "HPO",
    }
    contract = contract_of("terms", [feature])
    generator = np.random.default_rng(seed)
    patients = patients_with_terms(generator)
    records = labelled(contract, {"phenotypes": list(patients)}, generator)
    bundle = trained("neural_network", contract, records, seed)
    cases = [{"phenotypes": list(each)} for each in patients]
    return installed("terms", folder, contract, [bundle], cases)


def patients_with_terms(generator: np.random.Generator) -> list[tuple[str, ...]]:
    """Draw patients whose terms, with all ancestors, are `TERM_COLUMNS`."""
    ontology = HumanPhenotypeOntology()
    chosen: list[str] = []
    covered: set[str] = set()
    for code in generator.permutation(sorted(ontology.codes())):
        more = set(ontology.expand([str(code)]))
        if len(covered | more) <= TERM_COLUMNS:
            chosen.append(str(code))
            covered |= more
        if len(covered) == TERM_COLUMNS:
            break
    return [
        tuple(chosen[start : start + TERMS_OF_A_PATIENT])
        for start in range(0, len(chosen), TERMS_OF_A_PATIENT)
    ]


def contract_of(name: str, features: list[dict[str, Any]]) -> Contract:
    """Return a contract with as many diseases as the benchmark of rare ones."""
    target = [
        {"code": f"disease_{number}", "name": f"Disease {number}", "frequency": "common"}
        for number in range(DISEASES)
    ]
    content = {
        "name": name,
        "version": "1.0.0",
        "description": "Made up",
        "identifying_fields": [],
        "feature": features,
        "target": target,
    }
    return Contract.model_validate(content)


def labelled(
    contract: Contract, columns: dict[str, list[object]], generator: np.random.Generator
) -> Records:
    """Give every row a disease; what it is does not matter for the time an answer takes."""
    rows = len(next(iter(columns.values())))
    return records_from_columns(contract, columns, generator.choice(contract.leaves, rows).tolist())


def trained(kind: ModelName, contract: Contract, records: Records, seed: int) -> Bundle:
    """Train a model, and make its bundle."""
    settings = run_settings({"seed": seed, **SETTINGS}, [], "predict")
    summary = summarise(contract, records)
    preparation = prepare(contract, summary, settings)
    model = create_model(
        kind,
        settings.of_model(kind),
        preparation.columns,
        preparation.classes,
        settings.seed,
        preparation.preprocessor.blocks(),
    )
    data = preparation.training_data(contract, records, keep_missing=model.keeps_missing)
    classes = preparation.classes
    return with_onnx(
        Bundle(
            name=kind,
            run=f"run-{seed:04}",
            contract=contract,
            settings=settings,
            preparation=preparation,
            summary=summary,
            arrays=model.train_alone(data, hospital_seed=seed),
            card="# Made up\n",
            calibrator=Calibrator(
                classes=classes,
                method="temperature",
                temperature=1.0,
                thresholds=[0.5] * classes,
                cut_offs={0.9: 0.15},
            ),
            terms=terms_of(contract, None),
        )
    )


def installed(
    name: str,
    folder: Path,
    contract: Contract,
    bundles: list[Bundle],
    cases: list[dict[str, Any]],
) -> Subject:
    """Write a node's folder, sign the bundles and install the first one."""
    key, home = Ed25519PrivateKey.generate(), folder / name / "node"
    write_home(home, contract, key)
    places = tuple(folder / name / f"bundle-{number}" for number in range(len(bundles)))
    for bundle, place in zip(bundles, places, strict=True):
        write_bundle(bundle, place, key)
    services = open_services(home)
    services.store.install(places[0])
    services.close()
    return Subject(name, home, places, cases[:DIFFERENT_CASES], bundles[0].preparation.columns)


def write_home(home: Path, contract: Contract, key: Ed25519PrivateKey) -> None:
    """Write what a node needs to answer."""
    (home / "keys").mkdir(parents=True, mode=0o700)
    (home / "logs").mkdir()
    plain = contract.model_dump(mode="json", exclude_none=True)
    files: dict[str, dict[str, Any]] = {
        "contract.toml": plain,
        "node.toml": {
            "hospital": "bench",
            "federation": "bench",
            "coordinator": "127.0.0.1:1",
            "contract_hash": contract.hash,
        },
        # How fast it is will be seen; a busy machine must not refuse it.
        "serving.toml": {"latency_limit": 60.0},
        "mapping.toml": {
            "source": {"kind": "csv", "path": "none.csv"},
            "label": {"column": "label"},
            "column": [],
        },
    }
    for file, content in files.items():
        (home / file).write_text(tomli_w.dumps(content), encoding="utf-8")
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (home / "coordinator.pub").write_bytes(public)


def bodies_of(subject: Subject) -> list[str]:
    """Return the requests' bodies."""
    return [json.dumps({"case": case}) for case in subject.cases]
