"""How fast a FHIR export is read on one core, and how much is kept of each patient."""

from __future__ import annotations

import gzip
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from client.sources import load_records
from client.sources.fhir.files import FileExport
from client.sources.fhir.gathering import Gathering
from client.sources.fhir.settings import FhirSettings
from client.sources.file_settings import FileSettings
from client.sources.mapping import load_mapping
from client.sources.remote import locate
from shared.contract import Contract, load_contract
from shared.records import Records, records_from_columns
from simulations.fixture_hospitals.fhir import Resource, fhir_mapping, resources_of
from simulations.local_files import write_mapping

MISSING_SHARE = 0.1
# What servers write around a value: about a kilobyte a resource.
META = {
    "versionId": "3",
    "lastUpdated": "2024-05-14T10:20:11.482+02:00",
    "source": "#a1b2c3d4e5f60718",
    "profile": ["http://hospital.example/fhir/StructureDefinition/cardiology-result|1.0.0"],
    "tag": [{"system": "http://hospital.example/fhir/tags", "code": "cardiology"}],
}
NARRATIVE = {
    "status": "generated",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Result of an examination in the '
    "outpatient clinic, written by the program that exported it, validated by the laboratory "
    "and released to the record. This text repeats what the resource says in codes.</p></div>",
}
IDENTIFIER = [{"use": "official", "system": "http://hospital.example/ids", "value": "00000000"}]
PERFORMER = [{"reference": "Practitioner/4711", "display": "Cardiology, outpatient clinic"}]
CATEGORY = [
    {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "laboratory",
                "display": "Laboratory",
            }
        ]
    }
]


def run_fhir_source(patients: int, seed: int, console: Console) -> dict[str, Any]:
    """Write an export, read it plain and compressed, print the table; return the figures."""
    contract = load_contract("heart_disease")
    records = _patients(contract, patients, seed)
    results: dict[str, Any] = {"patients": patients}
    with tempfile.TemporaryDirectory() as temporary:
        for form in ("plain", "compressed"):
            folder = Path(temporary) / form
            written = _write(records, folder, compressed=form == "compressed")
            results |= written
            results[form] = _speed(contract, folder, written["resources"])
        results["bytes_per_patient"] = _memory(Path(temporary) / "plain", patients)
    _print(results, console)
    return results


def _patients(contract: Contract, count: int, seed: int) -> Records:
    """Return patients without any sense: only their number and size matter."""
    generator = np.random.default_rng(seed)
    columns: dict[str, list[object]] = {}
    for name, feature in contract.features.items():
        if feature.kind == "numeric":
            low, high = feature.minimum, feature.maximum
            values: list[Any] = np.round(generator.uniform(low, high, count)).tolist()
        elif feature.kind == "categorical":
            values = generator.choice([each.code for each in feature.codes], count).tolist()
        else:
            values = generator.integers(0, 2, count).tolist()
        gone = generator.random(count) < MISSING_SHARE
        columns[name] = [None if no else value for no, value in zip(gone, values, strict=True)]
    labels = generator.choice(contract.leaves, count).tolist()
    return records_from_columns(contract, columns, labels)


def _write(records: Records, folder: Path, *, compressed: bool) -> dict[str, float]:
    export = folder / "export"
    export.mkdir(parents=True)
    parts: dict[str, list[bytes]] = {}
    for resource in resources_of(records):
        line = msgspec.json.encode(_as_servers_write(resource)) + b"\n"
        parts.setdefault(resource["resourceType"], []).append(line)
    for kind, lines in parts.items():
        content = b"".join(lines)
        if compressed:
            (export / f"{kind}.ndjson.gz").write_bytes(gzip.compress(content, 6))
        else:
            (export / f"{kind}.ndjson").write_bytes(content)
    write_mapping(fhir_mapping({"path": "export"}), folder)
    every = [line for lines in parts.values() for line in lines]
    size = sum(map(len, every)) / len(every)
    return {"resources": len(every), "bytes_per_resource": size}


def _as_servers_write(resource: Resource) -> Resource:
    kind, rest = resource["resourceType"], {**resource}
    head = {"resourceType": kind, "id": rest.pop("id"), "meta": META, "text": NARRATIVE}
    more: Resource = {"identifier": IDENTIFIER}
    if kind == "Observation":
        more |= {"category": CATEGORY, "performer": PERFORMER}
    return {**head, **more, **rest}


def _speed(contract: Contract, folder: Path, resources: float) -> dict[str, float]:
    """Return resources a second from the files to records of the contract."""
    start = time.process_time()
    loaded = load_records(contract, folder / "mapping.toml")
    seconds = time.process_time() - start
    return {
        "seconds": seconds,
        "resources_per_second": resources / seconds,
        "records": len(loaded.records),
    }


def _memory(folder: Path, patients: int) -> float:
    """Return the bytes that a reading keeps of each patient when it is done."""
    mapping = load_mapping(folder / "mapping.toml")
    settings = mapping.source
    if not isinstance(settings, FhirSettings):
        raise TypeError("the mapping is of a FHIR export")
    place = locate(FileSettings(path="export"), folder)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        gathering = Gathering(settings, FileExport(place), mapping.local_columns)
        gathered = gathering.gather()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if len(gathered.rows) != patients:
        raise AssertionError("every patient is a row")
    return (after - before) / patients


def _print(results: dict[str, Any], console: Console) -> None:
    title = (
        f"FHIR: {results['resources']} resources of {results['bytes_per_resource']:.0f} bytes, "
        f"{results['patients']} patients, one core"
    )
    console.print(title, highlight=False, soft_wrap=True)
    table = Table(box=None)
    for name in ("files", "seconds", "resources/s", "records"):
        table.add_column(name, justify="left" if name == "files" else "right")
    for form in ("plain", "compressed"):
        found = results[form]
        speed = f"{found['resources_per_second']:,.0f}"
        table.add_row(form, f"{found['seconds']:.1f}", speed, str(found["records"]))
    console.print(table)
    console.print(f"Kept of each patient: {results['bytes_per_patient']:.0f} bytes.")
