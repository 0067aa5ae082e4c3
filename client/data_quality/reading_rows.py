"""Reading a hospital's source for its checks: nothing is refused because a row is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.hospital_rows import HospitalRows, Numbers
from client.data_quality.settings import QualitySettings
from client.sources.agreement import check_agreement
from client.sources.conversion import RawColumn, coded, convert
from client.sources.dates import dates_of
from client.sources.mapping import Mapping, load_mapping
from client.sources.numbers import Place
from client.sources.pseudonyms import PROCESS_KEY, with_pseudonyms
from client.sources.raw_table import RawTable, one_table
from client.sources.reading import open_source
from client.sources.renamed_mapping import under_contract
from client.validation import validate
from shared.contract import Contract, NumericFeature
from shared.errors import DataError, Problem
from shared.records import typed_column

# Wider than anything that is measured: a value is converted, and judged later.
NO_LIMIT = 1e12


def read_rows(
    contract: Contract,
    mapping_path: Path,
    settings: QualitySettings | None = None,
    patient_key: bytes = PROCESS_KEY,
    today: date | None = None,
) -> HospitalRows:
    """Read every row of a source, right or wrong.

    Parameters
    ----------
    contract : Contract
    mapping_path : Path
        The mapping file.
    settings : QualitySettings, optional
    patient_key : bytes
        Key of the pseudonyms.
    today : date, optional
        What records are old or in the future against; the clock's without it.

    Raises
    ------
    SettingsError
        When the mapping is wrong in itself or does not fit the contract.
    DataError
        When the source cannot be read, has no rows, or lacks a mapped column.
    """
    mapping = under_contract(contract, load_mapping(mapping_path))
    check_agreement(contract, mapping, str(mapping_path))
    source = open_source(mapping, mapping_path.parent)
    read = one_table(source.batches(mapping.local_columns))
    missing = frozenset(mapping.rows.missing)
    table = with_pseudonyms(read, mapping.rows.patient, missing, patient_key)
    if not len(table.rows):
        raise DataError(f"{source.name} holds no rows.", "Export the patients again.")
    checked = validate(contract, _unscrubbed(mapping), table, source.name)
    _refuse(
        source.name, [each for each in checked.column_problems if each.column not in table.cells]
    )
    numbers = _numbers(contract, mapping, table)
    # A column that is mostly out of range is one that checks say more of.
    readable = {
        each.column
        for each in mapping.column
        if np.isfinite(numbers.get(each.feature, np.array([np.nan]))).any()
    }
    _refuse(source.name, [each for each in checked.column_problems if each.column not in readable])
    return HospitalRows(
        contract=contract,
        mapping=mapping,
        settings=settings or QualitySettings(),
        today=today or date.today(),
        rows=table.rows,
        cells=table.cells,
        table=_typed(contract, mapping, table),
        numbers=numbers,
        labels=_labels(contract, mapping, table),
        dates=dates_of(mapping, table),
        problems=checked.problems,
    )


def _refuse(source: str, problems: list[Problem]) -> None:
    """Raise DataError where whole columns cannot be read."""
    if problems:
        count = "1 column" if len(problems) == 1 else f"{len(problems)} columns"
        fix = "Correct the columns first, in the mapping or at the source."
        raise DataError(f"{source}: {count} cannot be read.", fix, problems)


def _unscrubbed(mapping: Mapping) -> Mapping:
    """Return a mapping that leaves notes as they are: whether a row is right needs no more."""
    columns = [each.model_copy(update={"scrub": False}) for each in mapping.column]
    return mapping.model_copy(update={"column": columns})


def _raw(mapping: Mapping, table: RawTable, feature: str) -> RawColumn | None:
    """Return the cells that a feature is mapped from."""
    settings = next((each for each in mapping.column if each.feature == feature), None)
    if settings is None:
        return None
    return RawColumn(
        table.cells[settings.column],
        table.cells[settings.unit_column] if settings.unit_column else None,
        settings,
        Place("", settings.column, table.rows),
        frozenset(mapping.rows.missing) | frozenset(settings.missing),
        mapping.decimal,
    )


def _typed(contract: Contract, mapping: Mapping, table: RawTable) -> pd.DataFrame:
    columns = {}
    for name, feature in contract.recorded.items():
        raw = _raw(mapping, table, name)
        if raw is None:
            columns[name] = typed_column(contract, name, [None] * len(table.rows))
        else:
            columns[name] = convert(raw, feature, None)[0]
    return pd.DataFrame(columns)


def _numbers(contract: Contract, mapping: Mapping, table: RawTable) -> dict[str, Numbers]:
    found = {}
    for name, feature in contract.recorded.items():
        raw = _raw(mapping, table, name)
        if raw is not None and isinstance(feature, NumericFeature):
            wide = feature.model_copy(update={"minimum": -NO_LIMIT, "maximum": NO_LIMIT})
            found[name] = convert(raw, wide, None)[0].to_numpy(dtype=np.float64)
    return found


def _labels(contract: Contract, mapping: Mapping, table: RawTable) -> npt.NDArray[np.object_]:
    cells = table.cells[mapping.label.column]
    missing = frozenset(mapping.rows.missing)
    return coded(cells, missing, mapping.label.codes, list(contract.classes))[0]
