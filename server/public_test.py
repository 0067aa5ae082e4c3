"""A test set of the coordinator's own: public patients, in the contract's own terms.

It says how models do on patients of nobody's hospital. No model learns from it and none is
calibrated on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from shared.calibration import Calibrator
from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.errors import DataError, Problem
from shared.metrics import Evaluation, evaluate
from shared.models import create_model
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.records import Records, records_from_columns
from shared.run_settings import ModelName, RunSettings

PUBLIC_TEST_FILE = "public_test.csv"
LABEL = "label"
TERM_SEPARATOR = "|"
MOST_PROBLEMS = 20
# Spreadsheets write a column of flags with gaps as 1.0 and 0.0.
FLAGS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
FIRST_ROW = 2


def read_public_test(path: Path, contract: Contract) -> Records:
    """Read a CSV file with a column per feature, in the contract's units and codes, and ``label``.

    An empty cell is a missing value. Codes of a set are separated by ``|``; a flag is true or
    false.

    Raises
    ------
    DataError
        Naming every row and column that does not meet the contract.
    """
    table = _read_table(path, contract)
    columns: dict[str, list[object]] = {}
    problems: list[Problem] = []
    for name, feature in contract.recorded.items():
        columns[name] = _column(path, table[name], _reader(feature), problems)
    labels = _column(path, table[LABEL], _label_reader(contract), problems)
    if problems:
        raise DataError(
            f"{path} has {len(problems)} cells that do not meet the contract.",
            "Write values in the contract's units and codes.",
            problems[:MOST_PROBLEMS],
        )
    return records_from_columns(contract, columns, [str(label) for label in labels])


def _read_table(path: Path, contract: Contract) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, UnicodeError):
        raise DataError(f"{path} is no CSV file in UTF-8.", "Separate cells by commas.") from None
    wanted = {*contract.recorded, LABEL}
    present = set(map(str, table.columns))
    missing, unknown = sorted(wanted - present), sorted(present - wanted)
    if missing or unknown:
        lacks = f"lacks {', '.join(missing)}" if missing else ""
        more = f"has {', '.join(unknown)}, which the contract does not" if unknown else ""
        raise DataError(
            f"{path} {' and '.join(each for each in (lacks, more) if each)}.",
            f"Its columns must be the contract's features and {LABEL}; cells may be empty.",
        )
    if table.empty:
        raise DataError(f"{path} has no rows.")
    return table


def _column(
    path: Path, cells: pd.Series, read: Callable[[str], object], problems: list[Problem]
) -> list[object]:
    values: list[object] = []
    for row, cell in enumerate(cells.str.strip(), FIRST_ROW):
        try:
            values.append(read(cell))
        except ValueError as error:
            values.append(None)
            problems.append(
                Problem(path.name, row, str(cells.name), str(error), "Correct this cell.")
            )
    return values


def _reader(feature: Feature) -> Callable[[str], object]:
    def read(cell: str) -> object:
        if not cell:
            return None
        if isinstance(feature, NumericFeature):
            return _number(feature, cell)
        if isinstance(feature, FlagFeature):
            return _one_of(FLAGS, cell.lower())
        if isinstance(feature, CategoricalFeature):
            return _one_of({each.code: each.code for each in feature.codes}, cell)
        if isinstance(feature, TermsFeature):
            return _terms(feature, cell)
        return _text(feature, cell)

    return read


def _number(feature: NumericFeature, cell: str) -> float:
    expected = f"a number of {feature.minimum:g} to {feature.maximum:g} {feature.unit}"
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(expected) from None
    if not feature.minimum <= value <= feature.maximum:
        raise ValueError(expected)
    return value


def _one_of(values: Mapping[str, object], cell: str) -> object:
    if cell not in values:
        raise ValueError(f"one of {', '.join(values)}")
    return values[cell]


def _terms(feature: TermsFeature, cell: str) -> tuple[str, ...]:
    terms = tuple(dict.fromkeys(each.strip() for each in cell.split(TERM_SEPARATOR)))
    if len(terms) > feature.maximum_terms:
        raise ValueError(f"at most {feature.maximum_terms} codes")
    if not all(re.fullmatch(feature.pattern, term) for term in terms):
        raise ValueError(f"codes of {feature.code_system}, separated by {TERM_SEPARATOR}")
    return terms


def _text(feature: TextFeature, cell: str) -> str:
    if len(cell) > feature.maximum_length:
        raise ValueError(f"at most {feature.maximum_length} characters")
    return cell


def _label_reader(contract: Contract) -> Callable[[str], object]:
    known = {code: code for code in contract.classes}
    return lambda cell: _one_of(known, cell)


def judge_public_test(
    view: Contract,
    records: Records,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
    calibrators: Mapping[ModelName, Calibrator],
) -> dict[ModelName, Evaluation]:
    """Judge a run's models, as calibrated by its hospitals.

    Parameters
    ----------
    view : Contract
        As the run sees it, like the records.
    """
    found = {}
    for name, arrays in models.items():
        model = create_model(
            name,
            settings.of_model(name),
            preparation.columns,
            preparation.classes,
            settings.seed,
            preparation.preprocessor.blocks(),
        )
        features = preparation.preprocessor.transform(
            records.table, keep_missing=model.keeps_missing
        )
        calibrator = calibrators.get(name, Calibrator.identity(preparation.classes))
        calibrated = calibrator.apply(model.predict(arrays, features))
        by_thresholds = settings.calibration.answers == "thresholds"
        answers = calibrator.decide(calibrated) if by_thresholds else None
        found[name] = evaluate(view, records, calibrated, answers)
    return found
