"""What of each feature a hospital's data hold: recorded, missing, unusable, in which units."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from client.sources.codes import Mask, texts_of
from client.sources.conversion import RawColumn, coded, convert
from client.sources.mapping import ColumnSettings, Mapping, load_mapping
from client.sources.numbers import Place
from client.sources.raw_table import RawTable
from client.sources.reading import open_source
from client.sources.renamed_mapping import under_contract
from client.sources.units import conversion
from shared.contract import Contract, Feature, NumericFeature, TextFeature

# More rows than this change a share by less than a person sees.
MOST_ROWS = 200_000
DIAGNOSIS = "(diagnosis)"
TITLES = ["feature", "column", "recorded", "missing", "not understood", "unit"]


@dataclass
class FeatureCoverage:
    """What a column holds of its feature.

    Attributes
    ----------
    feature, column : str
        `column` is empty where the mapping has none.
    recorded, missing, unusable : int
        Rows with a value of the contract, without any, and with a cell that is none: a code
        without meaning, a value out of range, a unit that does not convert.
    units : Counter of str
        Rows in each unit that converts.
    """

    feature: str
    column: str = ""
    recorded: int = 0
    missing: int = 0
    unusable: int = 0
    units: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows that were looked at."""
        return self.recorded + self.missing + self.unusable

    def as_json(self) -> dict[str, object]:
        """Return the counts."""
        return {
            "feature": self.feature,
            "column": self.column,
            "recorded": self.recorded,
            "missing": self.missing,
            "not_understood": self.unusable,
            "units": dict(self.units),
        }

    def as_row(self) -> list[str]:
        """Return the row under `TITLES`."""
        if not self.column:
            return [self.feature, "-", "not mapped", "", "", ""]
        units = ", ".join(unit for unit, _ in self.units.most_common())
        shares = [self._share(count) for count in (self.recorded, self.missing)]
        return [self.feature, self.column, *shares, str(self.unusable or ""), units]

    def _share(self, count: int) -> str:
        if not self.rows:
            return ""
        share = round(100 * count / self.rows)
        # What is not all is not called all, and what is not nothing not nothing.
        return f"{min(max(share, 1), 99) if 0 < count < self.rows else share}%"


@dataclass(frozen=True)
class Coverage:
    """Of every feature that is recorded, and of the diagnosis.

    Attributes
    ----------
    features : list of FeatureCoverage
    rows : int
        Rows that were looked at.
    whole : bool
        Whether these are all.
    """

    features: list[FeatureCoverage]
    rows: int
    whole: bool

    def title(self) -> str:
        """Return what the counts are of."""
        return f"Of {'all' if self.whole else 'the first'} {self.rows} rows:"


def coverage(contract: Contract, mapping_path: Path) -> Coverage:
    """Count what the data hold of each feature, whether or not a run would accept them.

    Parameters
    ----------
    mapping_path : Path
        A mapping that fits the contract.

    Raises
    ------
    SettingsError, DataError
        When the mapping or the source cannot be read.
    """
    mapping = under_contract(contract, load_mapping(mapping_path))
    settings = {each.feature: each for each in mapping.column}
    found = {
        name: FeatureCoverage(name, settings[name].column if name in settings else "")
        for name in contract.recorded
    }
    label = FeatureCoverage(DIAGNOSIS, mapping.label.column)
    rows, whole = 0, True
    batches = open_source(mapping, mapping_path.parent).batches(mapping.local_columns)
    with closing(batches):  # type: ignore[type-var]
        for table in batches:
            for name, column in settings.items():
                _count(found[name], contract.recorded[name], column, mapping, table)
            _count_labels(label, contract, mapping, table)
            rows += len(table.cells)
            if rows >= MOST_ROWS:
                whole = next(batches, None) is None
                break
    return Coverage([label, *found.values()], rows, whole)


def _count(
    found: FeatureCoverage,
    feature: Feature,
    settings: ColumnSettings,
    mapping: Mapping,
    table: RawTable,
) -> None:
    """Add the cells of a batch; a column that the source does not have is missing everywhere."""
    missing = frozenset([*mapping.rows.missing, *settings.missing])
    names = [settings.column, *([settings.unit_column] if settings.unit_column else [])]
    if not set(names) <= set(table.cells):
        found.missing += len(table.cells)
        return
    cells = table.cells[settings.column]
    if isinstance(feature, TextFeature):
        # Scrubbing notes takes long and changes no count.
        present, unusable = texts_of(cells, missing).notna().to_numpy(), np.int64(0)
    else:
        units = None if settings.unit_column is None else table.cells[settings.unit_column]
        place = Place("", settings.column, table.rows)
        raw = RawColumn(cells, units, settings, place, missing, mapping.decimal)
        values, problems = convert(raw, feature, None)
        whole = any(each.row is None for each in problems)
        unusable = np.int64(len(cells) if whole else len({each.row for each in problems}))
        present = _has_value(values) & (not whole)
        if isinstance(feature, NumericFeature):
            found.units += _units(units, settings, feature, present)
    found.recorded += int(present.sum())
    found.unusable += int(unusable)
    found.missing += len(cells) - int(present.sum()) - int(unusable)


def _has_value(values: pd.Series) -> Mask:
    if len(values) and isinstance(values.iloc[0], tuple):
        return values.map(bool).to_numpy(dtype=np.bool_)
    return values.notna().to_numpy()


def _units(
    units: pd.Series | None,
    settings: ColumnSettings,
    feature: NumericFeature,
    present: Mask,
) -> Counter[str]:
    """Return the rows in each unit; what does not convert is no unit, and not shown."""
    if units is None:
        return Counter({settings.unit or feature.unit: int(present.sum())})
    counts = Counter(texts_of(units, frozenset())[present].dropna())
    args = feature.unit, feature.analyte, settings.analyte
    return Counter({unit: n for unit, n in counts.items() if conversion(unit, *args) is not None})


def _count_labels(
    found: FeatureCoverage, contract: Contract, mapping: Mapping, table: RawTable
) -> None:
    if mapping.label.column not in table.cells:
        found.missing += len(table.cells)
        return
    cells = table.cells[mapping.label.column]
    missing = frozenset(mapping.rows.missing)
    labels, absent, unknown = coded(cells, missing, mapping.label.codes, list(contract.classes))
    found.missing += int(absent.sum())
    found.unusable += int(unknown.sum())
    found.recorded += len(labels) - int(absent.sum()) - int(unknown.sum())
