"""What is fed: each reader with a real file to begin from."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import tomli_w
from flwr.app import ConfigRecord, MessageType, RecordDict
from flwr.common.serde import recorddict_to_proto
from flwr.proto.message_pb2 import Message as ProtoMessage
from flwr.proto.message_pb2 import Metadata as ProtoMetadata

from client.sources import load_records
from client.sources.mapping import load_mapping
from shared.backup.reading import restore_backup
from shared.backup.writing import write_backup
from shared.bundle import read_bundle
from shared.contract import load_contract
from shared.findings_in_notes.reading import reader_of
from shared.ontology import terminology
from shared.session.messages import read_message
from tests.conftest import REPOSITORY
from tests.unit.client.serving.bundles import write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY, bundle_of
from tests.unit.client.small_hospital import CONTRACT, MAPPING, ROWS, SENTINEL, write_mapping
from tests.unit.client.sources import test_phenopackets as packets
from tests.unit.client.sources.fhir import small_export as fhir


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes
    ----------
    name : str
    seed : bytes
        A whole, right input; `SENTINEL` stands in for a patient's values in it.
    read : callable
        Reads such bytes; JuntosError is the only thing it may raise.
    """

    name: str
    seed: bytes
    read: Callable[[bytes], object]


def targets() -> Iterator[Target]:
    """Yield every reader of what comes from outside."""
    yield from _tables()
    yield _settings("mapping", tomli_w.dumps(MAPPING).encode(), load_mapping)
    heart = REPOSITORY / "shared" / "contracts" / "heart_disease.toml"
    yield _settings("contract", heart.read_bytes(), load_contract)
    yield Target("phenopackets", json.dumps(_packet()).encode(), _read_packets)
    yield Target("fhir", _export(), _read_export)
    yield Target("session", _message(), read_message)
    yield _bundle("manifest.json")
    yield _bundle("model.safetensors")
    yield Target("backup", _backup(), _read_backup)
    reader = reader_of(terminology("HPO"))
    note = f"No fever. {SENTINEL}: seizures since spring, mother with arachnodactyly.".encode()
    yield Target("note", note, lambda data: reader.read(data.decode(errors="replace")))


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as found:
        yield Path(found)


def _tables() -> Iterator[Target]:
    table = pd.DataFrame({**ROWS, "letter": [SENTINEL] * 4})
    seeds: dict[str, tuple[str, Callable[[pd.DataFrame, Path], None]]] = {
        "csv": ("patients.csv", lambda found, path: found.to_csv(path, index=False)),
        "parquet": ("patients.parquet", lambda found, path: found.to_parquet(path)),
        "excel": ("patients.xlsx", lambda found, path: found.to_excel(path, index=False)),
    }
    for kind, (name, write) in seeds.items():
        with folder() as made:
            write(table, made / name)
            seed = (made / name).read_bytes()
        yield Target(kind, seed, _reading_tables(kind, name))


def _reading_tables(kind: str, name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        with folder() as made:
            (made / name).write_bytes(data)
            content = {**MAPPING, "source": {"kind": kind, "path": name}}
            return load_records(CONTRACT, write_mapping(made, content))

    return read


def _settings(name: str, seed: bytes, load: Callable[[Path], object]) -> Target:
    def read(data: bytes) -> object:
        with folder() as made:
            (made / f"{name}.toml").write_bytes(data)
            return load(made / f"{name}.toml")

    return Target(name, seed, read)


def _packet() -> dict[str, object]:
    found = packets.packet(0)
    found["subject"]["id"] = SENTINEL
    return found


def _read_packets(data: bytes) -> object:
    with folder() as made:
        (made / "packet.json").write_bytes(data)
        return load_records(packets.CONTRACT, packets.mapping(made, "packet.json"))


def _export() -> bytes:
    return fhir.lines(
        fhir.patient(SENTINEL, birthDate="1970-01-02", gender="male"),
        fhir.encounter("e1", SENTINEL, "2020-01-01"),
        fhir.observation(SENTINEL, f"{fhir.LOINC}|8480-6", "2020-01-01", **fhir.quantity(120)),
        fhir.condition(SENTINEL, f"{fhir.ICD10}|I25"),
    )


def _read_export(data: bytes) -> object:
    with folder() as made:
        (made / "All.ndjson").write_bytes(data)
        wanted = fhir.field("pressure", code=f"{fhir.LOINC}|8480-6", value="quantity")
        return fhir.read(made, "pressure", field=[wanted])


def _message() -> bytes:
    content = RecordDict({"config": ConfigRecord({"what": SENTINEL, "number": 3})})
    metadata = ProtoMetadata(run_id=1, message_id="m", message_type=MessageType.QUERY)
    whole = ProtoMessage(metadata=metadata, content=recorddict_to_proto(content))
    return bytes(whole.SerializeToString())


def _bundle(changed: str) -> Target:
    kept = Path(tempfile.mkdtemp(prefix="juntos-fuzz-"))
    write_signed(bundle_of("boosted_trees"), kept / "bundle", SIGNING_KEY)
    names = sorted(each.name for each in (kept / "bundle").iterdir())
    name = changed if changed in names else names[0]

    def read(data: bytes) -> object:
        with folder() as made:
            shutil.copytree(kept / "bundle", made / "bundle")
            (made / "bundle" / name).write_bytes(data)
            return read_bundle(made / "bundle")

    return Target(f"bundle {name}", (kept / "bundle" / name).read_bytes(), read)


def _backup() -> bytes:
    with folder() as made:
        (made / "home").mkdir()
        (made / "home" / "node.toml").write_text(f'hospital = "{SENTINEL}"', encoding="utf-8")
        write_backup(made / "home", made / "backup", "node")
        with tarfile.open(fileobj=io.BytesIO((made / "backup").read_bytes())):
            return (made / "backup").read_bytes()


def _read_backup(data: bytes) -> object:
    with folder() as made:
        (made / "backup").write_bytes(data)
        return restore_backup(made / "backup", made / "home", "node")
