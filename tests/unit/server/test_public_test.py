"""The coordinator's own test set: read strictly, judged apart."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from server.card import model_card
from server.comparison_table import public_table
from server.public_test import judge_public_test, read_public_test
from server.results import result_figures
from shared.contract import Contract, load_contract
from shared.errors import DataError
from shared.records import Records
from shared.run_settings import run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records, random_records

RARE = load_contract("rare_disease")


def written(path: Path, records: Records) -> Path:
    """Write records as the file has them."""
    table = records.table.copy()
    for name in table:
        table[name] = [
            "|".join(value) if isinstance(value, tuple) else value for value in table[name]
        ]
    table.assign(label=records.labels).to_csv(path, index=False)
    return path


def changed(path: Path, contract: Contract, row: int, column: str, value: object) -> Path:
    written(path, random_records(contract, 5, 1))
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[row, column] = value
    table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["heart_disease", "rare_disease"])
def test_records_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    contract = load_contract(name)
    records = random_records(contract, 30, 1)
    found = read_public_test(written(tmp_path / "public.csv", records), contract)
    pd.testing.assert_frame_equal(found.table, records.table)
    np.testing.assert_array_equal(found.labels, records.labels)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("age", "old", "a number of"),
        ("age", "1000", "a number of"),
        ("age", "nan", "a number of"),
        ("sex", "woman", "one of"),
        ("family_history", "perhaps", "one of"),
        ("phenotypes", "HP:0001166|fever", "codes of"),
        ("label", "nobody knows", "one of"),
        ("label", "", "one of"),
    ],
)
def test_a_cell_that_does_not_meet_the_contract_is_named(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_public_test(changed(tmp_path / "public.csv", RARE, 2, column, value), RARE)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("public.csv", 4, column)
    assert expected in problem.expected
    assert not value or value not in problem.expected


def test_columns_must_be_those_of_the_contract(tmp_path: Path) -> None:
    path = written(tmp_path / "public.csv", random_records(RARE, 5, 1))
    table = pd.read_csv(path, dtype=str).drop(columns="age").assign(name="x")
    table.to_csv(path, index=False)
    with pytest.raises(DataError, match=r"lacks age and has name, which the contract does not"):
        read_public_test(path, RARE)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,"b\n'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "public.csv"
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_public_test(path, RARE)
    with pytest.raises(DataError, match="cannot be read"):
        read_public_test(tmp_path / "nowhere.csv", RARE)


def test_models_are_judged_and_shown_apart(contract: Contract) -> None:
    content = {"models": ["random_forest"], "compare_alone": False, "random_forest": {"trees": 20}}
    settings = run_settings(content, [], "test")
    hospitals = {name: learnable_records(contract, 80, seed) for seed, name in enumerate("ab")}
    result = run_in_process(contract, hospitals, settings)
    before = result_figures(result)["models"]["random_forest"]
    assert "public" not in before
    public = learnable_records(contract, 120, 9)
    result.public = judge_public_test(
        contract, public, settings, result.preparation, result.models, result.calibrators
    )
    after = result_figures(result)
    figures = after["models"]["random_forest"]
    assert figures["federated"] == before["federated"]
    assert figures["public"]["group"]["rows"] == 120
    assert figures["public"]["group"]["auc"] > 0.7
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(public_table(after))
    assert "120 public patients" in console.export_text()
    assert "120 public patients" in model_card("run", "random_forest", result)
