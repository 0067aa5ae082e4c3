"""How much of a hospital's mapping the assistant proposes rightly, on eleven forms of data.

The four invented hospitals of the demonstration, the four real heart hospitals, and the latter's
patients as three other hospitals would write them down, with names and units that the contract's
synonyms were not written for. Also with the contracts' synonyms taken away that are these
hospitals' very column names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from client.mapping_assistant.opening import open_sample
from client.mapping_assistant.proposing import propose
from client.mapping_assistant.sample import Sample
from client.mapping_assistant.unit_names import split_unit
from client.mapping_assistant.words import parts
from client.mapping_assistant.writing import mapping_text
from client.sources import load_records
from shared.contract import Contract, load_contract
from shared.records import Records
from simulations.hospitals import write_heart_hospitals, write_simulated_hospitals
from simulations.local_files import write_mapping
from simulations.mapping_accuracy import Accuracy, compare
from simulations.other_heart_forms import OTHER_HEART_FORMS


@dataclass(frozen=True)
class Form:
    """One hospital's data and its right mapping."""

    group: str
    name: str
    contract: Contract
    source: str
    query: str | None
    folder: Path
    correct: dict[str, Any]


def run_mapping(data: Path, seed: int, console: Console) -> dict[str, Any]:
    """Propose a mapping for each form of data, and compare it with the right one.

    Parameters
    ----------
    data : Path
        Folder of the four heart hospitals.
    """
    result: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        forms = list(all_forms(data, Path(folder), seed))
        for way in ("as shipped", "without own names"):
            names = own_names(forms) if way != "as shipped" else frozenset()
            found = {form.name: proposed(form, names) for form in forms}
            console.print(_table(way, forms, found))
            for group in dict.fromkeys(form.group for form in forms):
                mine = [found[form.name] for form in forms if form.group == group]
                result[f"{way}, {group}"] = _sums(mine)
    return result


def all_forms(data: Path, folder: Path, seed: int) -> Iterator[Form]:
    """Write every form of data into a folder, and yield it."""
    rare, heart = load_contract("rare_disease"), load_contract("heart_disease")
    for each in write_simulated_hospitals(folder / "demo", seed):
        yield _form("demonstration", each.name, rare, each.mapping_path)
    hospitals = write_heart_hospitals(data, folder / "heart")
    for each in hospitals:
        yield _form("heart", each.name, heart, each.mapping_path)
    loaded = [load_records(heart, each.mapping_path).records for each in hospitals]
    records = Records(
        pd.concat([each.table for each in loaded], ignore_index=True),
        np.concatenate([each.labels for each in loaded]),
    )
    for form in OTHER_HEART_FORMS:
        place = folder / "other" / form.name
        place.mkdir(parents=True)
        form.write(records, place)
        path = write_mapping(form.mapping(heart), place)
        yield _form("heart, written otherwise", form.name, heart, path)


def _form(group: str, name: str, contract: Contract, mapping: Path) -> Form:
    correct = tomllib.loads(mapping.read_text(encoding="utf-8"))
    source = correct["source"]
    place = source["url"] if source["kind"] == "sql" else str(mapping.parent / source["path"])
    return Form(group, name, contract, place, source.get("query"), mapping.parent, correct)


def proposed(form: Form, without: frozenset[str]) -> Accuracy:
    """Return how right the proposal for a form is.

    Parameters
    ----------
    without : frozenset of str
        Synonyms that the contract shall not have, as `joined` writes them.
    """
    contract = _bare(form.contract, without) if without else form.contract
    sample: Sample = open_sample(form.source, form.folder, form.query)
    text = mapping_text(propose(contract, sample), sample.name)
    return compare(tomllib.loads(text), form.correct, sample.cells)


def own_names(forms: list[Form]) -> frozenset[str]:
    """Return the names of all forms' columns, with and without their units."""
    names = [column["column"] for form in forms for column in form.correct["column"]]
    bare = ["".join(split_unit(name)[0]) for name in names]
    return frozenset([*map(joined, names), *bare])


def joined(name: str) -> str:
    """Return a name without capitals, accents and signs."""
    return "".join(parts(name))


def _bare(contract: Contract, names: frozenset[str]) -> Contract:
    """Return a contract without the synonyms of features that are among the names."""
    features = [
        each.model_copy(
            update={"synonyms": [word for word in each.synonyms if joined(word) not in names]}
        )
        for each in contract.feature
    ]
    return contract.model_copy_checked(feature=features)


def _sums(found: list[Accuracy]) -> dict[str, float]:
    right, wrong, left = (
        sum(getattr(each, key) for each in found) for key in ("right", "wrong", "left")
    )
    return {
        "right": round(right / (right + left), 3),
        "wrong": round(wrong / max(right + wrong, 1), 3),
        "statements": right + left,
    }


def _table(way: str, forms: list[Form], found: dict[str, Accuracy]) -> Table:
    table = Table(title=f"Proposed mappings, synonyms {way}", box=None, header_style="bold")
    for title in ("hospital", "group", "right", "of", "wrong"):
        table.add_column(title)
    for form in forms:
        each = found[form.name]
        total = str(each.right + each.left)
        table.add_row(form.name, form.group, str(each.right), total, str(each.wrong))
    return table
