"""How much of a proposed mapping is right, statement by statement, against one written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from client.sources.codes import codes_of, normalise_code
from client.sources.units import conversion

Statement = tuple[str, ...]


@dataclass(frozen=True)
class Accuracy:
    """A proposal compared with a right mapping.

    Attributes
    ----------
    right, wrong, left : int
        Statements of the right mapping that the proposal makes; statements it makes that are not
        in the right mapping; and those of the right mapping that it leaves to a person.
    wrong_statements, left_statements : list of Statement
    """

    right: int
    wrong: int
    left: int
    wrong_statements: list[Statement]
    left_statements: list[Statement]

    @property
    def share_right(self) -> float:
        """Share of the right mapping's statements that are proposed."""
        return self.right / (self.right + self.left)

    @property
    def share_wrong(self) -> float:
        """Share of the proposed statements that are wrong."""
        return self.wrong / max(self.right + self.wrong, 1)


def compare(proposed: dict[str, Any], correct: dict[str, Any], cells: pd.DataFrame) -> Accuracy:
    """Compare two mappings of the same data.

    A statement says one thing: which column holds a feature, its unit, the meaning of one local
    code, what means "not recorded" in a column, the patient's column, how the file is written.
    Codes count where they occur in the data: what is said of others changes nothing.

    Parameters
    ----------
    proposed, correct : dict of str to Any
        As read from mapping files.
    cells : DataFrame
        The data as the source holds them.
    """
    made, wanted = set(_statements(proposed, cells)), set(_statements(correct, cells))
    wrong, left = sorted(made - wanted), sorted(wanted - made)
    return Accuracy(len(made & wanted), len(wrong), len(left), wrong, left)


def _statements(mapping: dict[str, Any], cells: pd.DataFrame) -> Iterator[Statement]:
    source, rows = mapping["source"], mapping.get("rows", {})
    if source["kind"] == "csv":
        defaults = {"separator": ",", "encoding": "utf-8", "decimal": "."}
        for key, value in ({**defaults, **source}).items():
            if key in defaults:
                # Letters beyond ASCII of western Europe are the same in both.
                yield "source", key, "cp1252" if value in {"latin-1", "latin_1"} else value
    if rows.get("patient"):
        yield "patient", rows["patient"], rows.get("patient_rows", "one")
    label = mapping["label"]
    if label["column"]:
        yield "label", label["column"]
        yield from _codes("label", label.get("codes", {}), _present(cells, label["column"]))
    missing = {normalise_code(each) for each in rows.get("missing", [""])} - {""}
    for column in mapping.get("column", []):
        yield from _of_column(column, missing, cells)


def _of_column(
    column: dict[str, Any], missing: set[str], cells: pd.DataFrame
) -> Iterator[Statement]:
    feature, present = column["feature"], _present(cells, column["column"])
    yield "column", feature, column["column"]
    if "unit" in column:
        yield "unit", feature, _plain_unit(column["unit"])
    if "separator" in column:
        yield "separator", feature, column["separator"]
    gone = missing | {normalise_code(each) for each in column.get("missing", [])}
    yield from (("missing", feature, code) for code in sorted(gone & present))
    for key in ("true", "false"):
        codes = dict.fromkeys(column.get(key, []), key)
        yield from _codes(feature, codes, present)
    yield from _codes(feature, column.get("codes", {}), present)


def _codes(feature: str, codes: dict[str, str], present: set[str]) -> Iterator[Statement]:
    for local, meaning in codes.items():
        if normalise_code(local) in present:
            yield "code", feature, normalise_code(local), meaning


def _present(cells: pd.DataFrame, column: str) -> set[str]:
    if column not in cells:
        return set()
    return {str(code) for code in codes_of(cells[column], frozenset()) if code is not None}


def _plain_unit(unit: str) -> str:
    """Return one spelling for units that are the same."""
    for known in (
        "a",
        "mo",
        "mg/dL",
        "mmol/L",
        "mm[Hg]",
        "kPa",
        "/min",
        "mm",
        "1",
        "U/L",
        "ukat/L",
    ):
        convert = conversion(unit, known)
        if convert is not None and convert(np.ones(1))[0] == 1:
            return known
    return unit
