"""A FHIR export on cloud storage: the same records, and nothing beside it is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client.sources import load_records
from client.sources.fhir.files import FileExport
from client.sources.file_settings import FileSettings, StorageSettings
from client.sources.remote import locate
from shared.contract import Contract
from shared.errors import DataError
from simulations.fixture_hospitals.fhir import fhir_mapping, write_fhir
from simulations.local_files import write_mapping
from tests.conftest import random_records
from tests.s3 import CREDENTIALS, running_s3


def test_an_export_on_s3(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    records = random_records(contract, 20, seed=3)
    for name in ("age", "major_vessels"):
        records.table[name] = np.floor(records.table[name])
    write_fhir(records, tmp_path, compressed=True)
    with running_s3() as storage:
        files = sorted((tmp_path / "export").iterdir())
        for path in files:
            storage.put(f"export/{path.name}", path.read_bytes())
        storage.put("export/notes/a.txt", b"a note")
        storage.put("secret.txt", b"not of the export")
        place: dict[str, Any] = {
            "path": f"s3://{storage.bucket}/export",
            "storage": {"endpoint_url": storage.endpoint},
        }
        mapping = write_mapping(fhir_mapping(place), tmp_path)
        loaded = load_records(contract, mapping)
        assert loaded.records.content_hash() == records.content_hash()

        settings = StorageSettings(endpoint_url=storage.endpoint)
        export = FileExport(locate(FileSettings(path=place["path"], storage=settings), tmp_path))
        assert export.document("notes/a.txt") == b"a note"
        assert export.document("notes/absent.txt") is None
        assert export.document("../secret.txt") is None

        cut = files[0].read_bytes()[:-10]
        storage.put(f"export/{files[0].name}", cut)
        with pytest.raises(DataError, match="cut off or damaged"):
            load_records(contract, mapping)
