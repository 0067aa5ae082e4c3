"""Everything that the checks look for, put into the clean hospital one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.finding import Kind
from client.data_quality.settings import DeclaredRule, QualitySettings
from tests.unit.client.data_quality.clean_hospital import ROWS

Places = npt.NDArray[np.intp]
Inject = Callable[[pd.DataFrame, np.random.Generator], Places]


@dataclass(frozen=True)
class Injection:
    """One kind of fault.

    Attributes
    ----------
    name : str
        As the table in the documentation calls it.
    kind : str
        What must find it.
    column : str
        Where; empty for whole rows.
    inject : callable
        Changes the table and returns the positions of the rows that are wrong now.
    recall : float
        Share of them that must be found.
    false_alarms : int
        Rows that may be found beside them by the same check.
    rows : dict
        Other keys of the mapping's [rows]; None takes one out.
    """

    name: str
    kind: Kind
    column: str
    inject: Inject
    recall: float = 1.0
    false_alarms: int = 0
    rows: dict[str, str | None] = field(default_factory=dict)
    settings: QualitySettings = field(default_factory=QualitySettings)


def cells(column: str, count: int, *values: str) -> Inject:
    """Put values into cells of a column, in turn."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        places = random.choice(len(table), count, replace=False)
        table.loc[places, column] = [values[each % len(values)] for each in range(count)]
        return places

    return inject


def where(
    column: str, value: str, share: float, *conditions: tuple[str, tuple[str, ...]]
) -> Inject:
    """Put a value into a share of the rows that have some other values."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        fits = np.ones(len(table), dtype=np.bool_)
        for name, wanted in conditions:
            fits &= table[name].isin(wanted).to_numpy()
        places = np.flatnonzero(fits & (random.random(len(table)) < share))
        table.loc[places, column] = value
        return places

    return inject


def times(column: str, factor: float, share: float, digits: int) -> Inject:
    """Write a share of a column's numbers in another unit."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        given = np.flatnonzero(table[column] != "")
        places = random.choice(given, round(share * ROWS), replace=False)
        numbers = table.loc[places, column].astype(float) * factor
        table.loc[places, column] = [f"{each:.{digits}f}" for each in numbers]
        return places

    return inject


def by_date(column: str, value: str, before: str, *replaced: str) -> Inject:
    """Put a value into a column's cells of old records."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        fits = (table["visited"] < before).to_numpy()
        if replaced:
            fits &= table[column].isin(replaced).to_numpy()
        table.loc[fits, column] = value
        return np.flatnonzero(fits)

    return inject


def emptied(column: str) -> Inject:
    """Empty a column."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        table[column] = ""
        return np.arange(len(table))

    return inject


def block(column: str, first: int, last: int) -> Inject:
    """Empty a run of rows."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        table.loc[first:last, column] = ""
        return np.arange(first, last + 1)

    return inject


def swapped(table: pd.DataFrame, random: np.random.Generator) -> Places:
    places = random.choice(len(table), 8, replace=False)
    first, second = table.loc[places, "sbp"].copy(), table.loc[places, "dbp"].copy()
    table.loc[places, "sbp"], table.loc[places, "dbp"] = second, first
    return places


def shared_number(table: pd.DataFrame, random: np.random.Generator) -> Places:
    """Give a man and a woman the same number."""
    women = random.choice(np.flatnonzero(table["sex"] == "F"), 5, replace=False)
    men = random.choice(np.flatnonzero(table["sex"] == "M"), 5, replace=False)
    table.loc[women, "id"] = table.loc[men, "id"].to_numpy()
    return np.concatenate([women, men])


def younger_later(table: pd.DataFrame, random: np.random.Generator) -> Places:
    """Add a later visit of patients who are ten years younger then."""
    places = random.choice(len(table) // 2, 6, replace=False)
    later = places + len(table) // 2
    for place, other in zip(places, later, strict=True):
        table.loc[other, ["id", "sex"]] = table.loc[place, ["id", "sex"]].to_numpy()
        table.loc[place, ["visited", "years"]] = ["2019-05-01", "50.0"]
        table.loc[other, ["visited", "years"]] = ["2024-05-01", "45.0"]
    return np.concatenate([places, later])


def repeated(changes: int) -> Inject:
    """Enter patients a second time under another number, with small differences."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        sources = random.choice(np.arange(0, len(table) // 2), 12, replace=False)
        places = sources + len(table) // 2
        for place, source in zip(places, sources, strict=True):
            number = table.loc[place, "id"]
            table.loc[place] = table.loc[source].to_numpy()
            table.loc[place, "id"] = number
            for column in random.choice(["sbp", "kg", "gluc", "cm"], changes, replace=False):
                cell = table.loc[source, column]
                table.loc[place, column] = "" if cell == "" else f"{float(cell) + 1:g}"
        return places

    return inject


def aged(days: int, count: int) -> Inject:
    """Date records, or all of them, so many days earlier."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        places = random.choice(len(table), count, replace=False)
        moved = [
            (date.fromisoformat(each) - timedelta(days=days)).isoformat()
            for each in table.loc[places, "visited"]
        ]
        table.loc[places, "visited"] = moved
        return places

    return inject


def stopped(table: pd.DataFrame, random: np.random.Generator) -> Places:
    """End the export three years ago."""
    aged(3 * 365, len(table))(table, random)
    return np.flatnonzero(table["visited"] == table["visited"].max())


def renamed_code(table: pd.DataFrame, random: np.random.Generator) -> Places:
    """Write another code from 2023 on."""
    late = (table["visited"] >= "2023-01-01") & (table["smokes"] == "former")
    table.loc[late, "smokes"] = "current"
    return np.flatnonzero(table["smokes"] == "former")


def added_term(term: str, count: int, sex: str = "") -> Inject:
    """Add a term to some records."""

    def inject(table: pd.DataFrame, random: np.random.Generator) -> Places:
        fits = np.flatnonzero((table["sex"] == sex) if sex else np.ones(len(table), bool))
        places = random.choice(fits, count, replace=False)
        for place in places:
            there = table.loc[place, "hpo"]
            table.loc[place, "hpo"] = f"{there};{term}" if there else term
        return places

    return inject


DENIALS = (
    "Cough. Pneumonia was ruled out.",
    "Tos. Se descarta neumonía.",
    "No evidence of pneumonia on the X-ray.",
    "Radiografía normal, sin signos de neumonía.",
)
OTHERS = (
    "Chest pain; final diagnosis: heart attack.",
    "Dolor torácico, infarto de miocardio confirmado.",
)

INJECTIONS = (
    Injection(
        "a word for nothing among numbers",
        "null_word",
        "chol",
        cells("chol", 12, "not done", "hemolizado", "No consta"),
    ),
    Injection(
        "a word for nothing among codes",
        "null_word",
        "smokes",
        cells("smokes", 9, "unknown", "se desconoce"),
    ),
    Injection("-9 for missing", "sentinel", "years", cells("years", 8, "-9")),
    Injection("999 for missing", "sentinel", "gluc", cells("gluc", 8, "999")),
    Injection("99 for missing, on a scale to 10", "sentinel", "pain", cells("pain", 8, "99")),
    Injection("9 for missing, among codes", "sentinel", "smokes", cells("smokes", 8, "9")),
    Injection("0 for missing", "zero_as_missing", "chol", cells("chol", 20, "0")),
    Injection("a column that is always empty", "empty_column", "temp", emptied("temp")),
    Injection(
        "empty that means no", "empty_means_other", "fev", where("fev", "", 1, ("fev", ("no",)))
    ),
    Injection(
        "missing by diagnosis",
        "missing_by_class",
        "gluc",
        where("gluc", "", 0.6, ("dx", ("Z00",))),
        false_alarms=30,
    ),
    Injection(
        "missing by year",
        "missing_by_era",
        "smokes",
        by_date("smokes", "", "2021-01-01"),
        false_alarms=40,
    ),
    Injection(
        "missing by clinic", "missing_by_clinic", "kg", where("kg", "", 0.7, ("ward", ("north",)))
    ),
    Injection(
        "missing in a run of rows",
        "missing_block",
        "cm",
        block("cm", 200, 240),
        rows={"date": None},
        false_alarms=1,
    ),
    Injection("no diagnosis", "missing_diagnosis", "dx", cells("dx", 8, "")),
    Injection(
        "a limit among numbers (<50)", "text_in_number", "gluc", cells("gluc", 7, "<50", ">400")
    ),
    Injection("a unit beside the number", "text_in_number", "chol", cells("chol", 7, "190 mg/dl")),
    Injection("a decimal comma", "text_in_number", "temp", cells("temp", 7, "36,9")),
    Injection("a value nobody has", "impossible_value", "temp", cells("temp", 5, "63.8", "387")),
    Injection("a code nobody mapped", "unknown_code", "smokes", cells("smokes", 9, "ex")),
    Injection("a diagnosis nobody mapped", "unknown_code", "dx", cells("dx", 6, "K99")),
    Injection("an HPO term with a successor", "retired_code", "hpo", added_term("HP:0000057", 6)),
    Injection("an HPO term without one", "retired_code", "hpo", added_term("HP:0000489", 6)),
    Injection(
        "a retired ICD-10 code", "retired_code", "dx", where("dx", "I84", 0.1, ("dx", ("Z00",)))
    ),
    Injection("diastolic above systolic pressure", "contradiction", "", swapped),
    Injection(
        "a rule of the hospital's own",
        "contradiction",
        "",
        where("temp", "36.5", 1, ("fev", ("yes",)), ("ward", ("east",))),
        settings=QualitySettings(
            rule=[DeclaredRule(name="fever_is_warm", must="not fever or temperature >= 37.2")]
        ),
    ),
    Injection(
        "a pregnant man", "sex_contradiction", "preg", where("preg", "yes", 0.03, ("sex", ("M",)))
    ),
    Injection(
        "a woman with prostate cancer",
        "sex_contradiction",
        "",
        where("sex", "F", 0.15, ("dx", ("C61",))),
    ),
    Injection(
        "a finding of the other sex", "sex_contradiction", "hpo", added_term("HP:0008775", 5, "F")
    ),
    Injection("a patient of two sexes", "person_contradiction", "", shared_number),
    Injection("a patient who grows younger", "time_order", "", younger_later),
    Injection("a date in the future", "impossible_date", "", cells("visited", 4, "2031-02-03")),
    Injection("a date before 1900", "impossible_date", "", cells("visited", 4, "1825-02-03")),
    Injection("a date that is none", "unreadable_date", "", cells("visited", 4, "2020-31-12")),
    Injection("the same patient twice", "exact_duplicate", "", repeated(0)),
    Injection("twice, one value differs", "near_duplicate", "", repeated(1), recall=0.9),
    Injection("twice, two values differ", "near_duplicate", "", repeated(2), recall=0.9),
    Injection("cholesterol in mmol/L", "unit_of_part", "chol", times("chol", 1 / 38.67, 0.1, 2)),
    Injection("glucose in mmol/L", "unit_of_part", "gluc", times("gluc", 1 / 18.016, 0.1, 1)),
    Injection("pressure in kPa", "unit_of_part", "sbp", times("sbp", 1 / 7.50062, 0.05, 1)),
    Injection("height in inches", "unit_of_part", "cm", times("cm", 1 / 2.54, 0.1, 1)),
    Injection("height in metres", "unit_of_part", "cm", times("cm", 0.01, 0.1, 2)),
    Injection(
        "weight in pounds",
        "unit_of_part",
        "kg",
        times("kg", 2.20462, 0.1, 0),
        recall=0.85,
        false_alarms=3,
    ),
    Injection("a slip of the decimal sign", "unit_of_part", "temp", times("temp", 10, 0.03, 0)),
    Injection("a value far from all others", "outlier", "kg", cells("kg", 3, "330", "345")),
    Injection("records of another age", "stale_record", "", aged(20 * 365, 60)),
    Injection("an export that stopped", "stale_source", "", stopped),
    Injection("a code that went out of use", "coding_changed", "smokes", renamed_code),
    Injection(
        "a note that denies the diagnosis",
        "note_denies_diagnosis",
        "letter",
        lambda table, random: _notes(table, random, DENIALS),
    ),
    Injection(
        "a note that names another",
        "note_names_other",
        "letter",
        lambda table, random: _notes(table, random, OTHERS),
    ),
)


def _notes(table: pd.DataFrame, random: np.random.Generator, notes: tuple[str, ...]) -> Places:
    """Write notes about patients coded with pneumonia."""
    coded = np.flatnonzero(table["dx"] == "J18")
    places = random.choice(coded, 2 * len(notes), replace=False)
    table.loc[places, "letter"] = [notes[each % len(notes)] for each in range(len(places))]
    return places


def flipped(table: pd.DataFrame, random: np.random.Generator) -> Places:
    """Write down the wrong diagnosis; only models can tell."""
    places = random.choice(len(table), round(0.05 * ROWS), replace=False)
    other = {"Z00": "I21", "I21": "J18", "J18": "Z00", "C61": "J18"}
    table.loc[places, "dx"] = [other[each] for each in table.loc[places, "dx"]]
    table.loc[places, "letter"] = ""
    return places


FLIPPED = Injection(
    "a wrong diagnosis", "suspicious_diagnosis", "dx", flipped, recall=0.8, false_alarms=12
)
