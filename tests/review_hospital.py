"""A node's folder with heart patients, some of whose diagnoses are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

from client.home import SETTINGS_FILE, NodeHome, open_home
from server.enrolment.certificates import create_authority
from server.home import contract_text
from shared.contract import Contract, load_contract
from shared.records import Records
from tests.conftest import learnable_records


@dataclass(frozen=True)
class ReviewHospital:
    """A hospital whose wrong diagnoses are known.

    Attributes
    ----------
    home : NodeHome
    truth : Records
        As they should be.
    wrong : list of int
        Positions of the records whose diagnosis the source has wrong.
    """

    home: NodeHome
    truth: Records
    wrong: list[int]

    @property
    def source(self) -> Path:
        return self.home.path / "patients.csv"

    def write(self, records: Records) -> None:
        """Write the source anew."""
        table = records.table.assign(
            patient=[f"P{row:04}" for row in range(len(records))], diagnosis=records.labels
        )
        table.to_csv(self.source, index=False)


def flipped(records: Records, share: float, seed: int) -> tuple[Records, list[int]]:
    """Return records with some diagnoses turned from disease to none, or back; and which."""
    generator = np.random.default_rng(seed)
    count = round(share * len(records))
    wrong = sorted(generator.choice(len(records), count, replace=False).tolist())
    labels = records.labels.copy()
    for row in wrong:
        labels[row] = "grade_2" if labels[row] == "none" else "none"
    return Records(records.table, labels), wrong


def mapping_text(contract: Contract, bad_rows: str = "set_aside") -> str:
    columns = []
    for feature in contract.feature:
        column = {"column": feature.name, "feature": feature.name}
        if feature.kind == "numeric":
            column["unit"] = feature.unit
        columns.append(column)
    return tomli_w.dumps(
        {
            "source": {"kind": "csv", "path": "patients.csv"},
            "rows": {"patient": "patient", "bad_rows": bad_rows},
            "label": {"column": "diagnosis"},
            "column": columns,
        }
    )


def review_hospital(
    path: Path, rows: int = 240, share: float = 0.1, seed: int = 5, readers: int = 1
) -> ReviewHospital:
    """Make the folder of a node that joined, with its data."""
    contract = load_contract("heart_disease")
    (path / "keys").mkdir(parents=True)
    settings = {
        "hospital": "lyon",
        "federation": "Test",
        "coordinator": "127.0.0.1:1",
        "contract_hash": contract.hash,
    }
    (path / SETTINGS_FILE).write_text(tomli_w.dumps(settings))
    (path / "contract.toml").write_text(contract_text("heart_disease"))
    (path / "mapping.toml").write_text(mapping_text(contract))
    (path / "ca.crt").write_text(create_authority("Test").certificate_pem)
    (path / "review.toml").write_text(f"readers = {readers}\n")
    records = learnable_records(contract, rows, seed)
    told, wrong = flipped(Records(_coarse(records.table), records.labels), share, seed)
    hospital = ReviewHospital(open_home(path), Records(told.table, records.labels), wrong)
    hospital.write(told)
    return hospital


def _coarse(table: pd.DataFrame) -> pd.DataFrame:
    """Round numbers to what a hospital writes down."""
    return table.round(1)
