"""How right proposed mappings are: on eleven forms of data, and that the counting can fail."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from simulations.benchmarks.mapping import run_mapping
from simulations.hospitals import write_simulated_hospitals
from simulations.mapping_accuracy import compare


def test_what_is_proposed_is_right_and_most_of_it_is_proposed(heart_data: Path) -> None:
    found = run_mapping(heart_data, 0, Console(quiet=True))
    assert {name: each["wrong"] for name, each in found.items()} == dict.fromkeys(found, 0.0)
    assert found["as shipped, demonstration"]["right"] >= 0.97
    assert found["as shipped, heart"]["right"] >= 0.97
    assert found["as shipped, heart, written otherwise"]["right"] >= 0.85
    assert found["without own names, demonstration"]["right"] >= 0.85


def changed(mapping: dict[str, Any], feature: str, **keys: object) -> dict[str, Any]:
    columns = [
        {**each, **keys} if each["feature"] == feature else each for each in mapping["column"]
    ]
    return {**mapping, "column": columns}


def test_every_difference_counts(tmp_path: Path) -> None:
    hospital = write_simulated_hospitals(tmp_path, 0)[0]
    correct = tomllib.loads(hospital.mapping_path.read_text(encoding="utf-8"))
    cells = pd.read_csv(
        hospital.mapping_path.parent / "consultas.csv", sep=";", encoding="latin-1", dtype="str"
    )
    same = compare(correct, correct, cells)
    assert (same.share_right, same.wrong, same.left) == (1, 0, 0)
    other_unit = compare(changed(correct, "age", unit="mo"), correct, cells)
    assert (other_unit.wrong_statements, other_unit.left_statements) == (
        [("unit", "age", "mo")],
        [("unit", "age", "a")],
    )
    swapped = compare(changed(correct, "sex", codes={"H": "female", "M": "male"}), correct, cells)
    assert (swapped.wrong, swapped.left) == (2, 3)
    silent = {**correct, "column": correct["column"][1:]}
    less = compare(silent, correct, cells)
    assert less.wrong == 0
    assert {statement[1] for statement in less.left_statements} == {"age"}
