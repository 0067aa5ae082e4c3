"""Heart patients as a database in the OMOP common data model, and the mapping that reads it.

Besides what a patient's record holds, the database has what a reader must see through: earlier
values, another unit, concepts that only an ancestor names, events of persons who are not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from shared.records import Records
from simulations.fixture_hospitals.omop_tables import omop_tables
from simulations.local_files import write_mapping

EXAMINED = datetime(2024, 5, 14, 10, 15)
BEFORE = datetime(2021, 1, 30, 8)
LOCAL = "CARDIO"
GENDERS = {"male": 8507, "female": 8532}
OUTPATIENT = 9202
MG_DL, MMOL_L = 8840, 8753
# mmol/L in one mg/dL of cholesterol, of 386.65 g/mol.
MMOL_OF_CHOLESTEROL = 10 / 386.65
YES, NO = 4188539, 4188540
HEART_DISEASE, ANGINA = 321588, 321318
# Concepts of this hospital's own, which the CDM keeps from 2 billion on.
LOCAL_CONCEPTS = 2_000_000_000
# The contract's feature: concept, vocabulary, code and the concept of its unit.
MEASURED: dict[str, tuple[int, str, str, int | None]] = {
    "resting_blood_pressure": (3004249, "LOINC", "8480-6", 8876),
    "cholesterol": (3027114, "LOINC", "2093-3", MG_DL),
    "maximum_heart_rate": (LOCAL_CONCEPTS + 1, LOCAL, "maximum-heart-rate", 8541),
    "st_depression": (LOCAL_CONCEPTS + 2, LOCAL, "st-depression", 8588),
    "major_vessels": (LOCAL_CONCEPTS + 3, LOCAL, "major-vessels", None),
}
ANSWERED: dict[str, tuple[int, str]] = {
    "chest_pain": (LOCAL_CONCEPTS + 11, "chest-pain"),
    "resting_ecg": (LOCAL_CONCEPTS + 12, "resting-ecg"),
    "st_slope": (LOCAL_CONCEPTS + 13, "st-slope"),
    "thallium_scan": (LOCAL_CONCEPTS + 14, "thallium-scan"),
    "fasting_blood_sugar_above_120": (LOCAL_CONCEPTS + 15, "fasting-blood-sugar-above-120"),
    "exercise_angina": (LOCAL_CONCEPTS + 16, "exercise-angina"),
}
TRUTHS = {"fasting_blood_sugar_above_120", "exercise_angina"}
UNITS = {8876: "mm[Hg]", MG_DL: "mg/dL", MMOL_L: "mmol/L", 8541: "/min", 8588: "mm"}
GRADES = ["disease", "grade_1", "grade_2", "grade_3", "grade_4"]
GRADE_CONCEPTS = {grade: LOCAL_CONCEPTS + 21 + place for place, grade in enumerate(GRADES)}
DIAGNOSIS, HEALTHY = "diagnosis", "none"

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class _Contents:
    """The rows of all tables as they are made; keys count on in each."""

    rows: Rows = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, **cells: Any) -> int:  # noqa: ANN401 - cells of any type
        """Add a row with a key of its own, unless it has one; return the key."""
        rows = self.rows.setdefault(table, [])
        key = len(rows) + 1
        own = {} if table in {"concept", "concept_ancestor", "person"} else {f"{table}_id": key}
        rows.append({**own, **cells})
        return key

    def answer(self, code: str) -> int:
        """Return the local concept of an answer."""
        return self.answers.setdefault(code, LOCAL_CONCEPTS + 101 + len(self.answers))


def write_omop(
    records: Records, folder: Path, url: str = "sqlite:///omop.db", schema: str | None = None
) -> Path:
    """Write heart records as a CDM, and a mapping; return the mapping.

    Parameters
    ----------
    records : Records
        Of the contract ``heart_disease``; ages are whole years, as the CDM keeps a day of birth.
    folder : Path
        Where the mapping goes, and an SQLite or DuckDB file of a relative path.
    url : str
        An empty database, as SQLAlchemy reads it.
    schema : str or None
        Created for the tables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    address = sa.make_url(url)
    if address.host is None and address.database:
        address = address.set(database=str(folder / address.database))
    contents = _contents(records)
    data = omop_tables(schema)
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        if schema is not None:
            connection.execute(sa.schema.CreateSchema(schema))
        data.create_all(connection)
        for name, rows in contents.rows.items():
            table = data.tables[name if schema is None else f"{schema}.{name}"]
            # Every row with every column: databases insert many at once only when they are alike.
            empty = dict.fromkeys(table.columns.keys())
            connection.execute(table.insert(), [{**empty, **row} for row in rows])
    engine.dispose()
    return write_mapping(omop_mapping(url, schema), folder)


def omop_mapping(url: str, schema: str | None) -> dict[str, Any]:
    """Return the mapping's content."""
    fields: list[dict[str, Any]] = [
        {"name": name, "table": "measurement", "code": f"{vocabulary}|{code}"}
        for name, (_, vocabulary, code, _) in MEASURED.items()
    ]
    fields += [
        {"name": name, "table": "observation", "concept": concept, "value": "code"}
        for name, (concept, _) in ANSWERED.items()
    ]
    fields.append(
        {
            "name": DIAGNOSIS,
            "table": "condition_occurrence",
            "concept": HEART_DISEASE,
            "descendants": True,
            "value": "code",
            "otherwise": HEALTHY,
        }
    )
    place = {"url": url, **({} if schema is None else {"schema": schema})}
    return {
        "source": {"kind": "omop", **place, "field": fields},
        "rows": {"patient": "patient"},
        "label": {
            "column": DIAGNOSIS,
            "codes": {HEALTHY: HEALTHY, **{f"heart-disease:{grade}": grade for grade in GRADES}},
        },
        "column": [
            {"column": "age", "feature": "age", "unit": "a"},
            {"column": "gender", "feature": "sex"},
            *(_measured_column(name, unit) for name, (_, _, _, unit) in MEASURED.items()),
            *(_answered_column(name) for name in ANSWERED),
        ],
    }


def _measured_column(name: str, unit: int | None) -> dict[str, Any]:
    units = {"unit": "1"} if unit is None else {"unit_column": f"{name}_unit"}
    return {"column": name, "feature": name, **units}


def _answered_column(name: str) -> dict[str, Any]:
    truth = {"true": ["373066001"], "false": ["373067005"]} if name in TRUTHS else {}
    return {"column": name, "feature": name, **truth}


def _contents(records: Records) -> _Contents:
    contents = _Contents()
    for row in range(len(records)):
        values = {
            str(name): value
            for name, value in records.table.iloc[row].items()
            if not pd.isna(value)
        }
        _person(contents, row, values, str(records.labels[row]))
    contents.add(
        "observation", **_shared("observation", 10**8, ANSWERED["chest_pain"][0], EXAMINED)
    )
    _concepts(contents)
    return contents


def _person(contents: _Contents, row: int, values: Mapping[str, Any], label: str) -> None:
    number = 1000 + 3 * row
    born = None if "age" not in values else date(EXAMINED.year - int(values["age"]), 5, 14)
    contents.add(
        "person",
        person_id=number,
        gender_concept_id=GENDERS.get(values.get("sex", ""), 0),
        year_of_birth=None if born is None else born.year,
        month_of_birth=None if born is None else born.month,
        day_of_birth=None if born is None else born.day,
        race_concept_id=0,
        ethnicity_concept_id=0,
    )
    visit = contents.add(
        "visit_occurrence",
        person_id=number,
        visit_concept_id=OUTPATIENT,
        visit_start_date=EXAMINED.date(),
        visit_start_datetime=EXAMINED,
        visit_end_date=EXAMINED.date(),
        visit_type_concept_id=0,
    )
    for name, (concept, _, _, unit) in MEASURED.items():
        if name in values:
            amount = float(values[name])
            if name == "cholesterol" and row % 4 == 0:
                amount, unit = amount * MMOL_OF_CHOLESTEROL, MMOL_L
            shared = _shared("measurement", number, concept, EXAMINED, visit)
            contents.add("measurement", **shared, value_as_number=amount, unit_concept_id=unit)
            if row % 3 == 0:
                old = _shared("measurement", number, concept, BEFORE)
                contents.add("measurement", **old, value_as_number=99, unit_concept_id=unit)
    for name, (concept, _) in ANSWERED.items():
        if name in values:
            said = (
                (YES if values[name] else NO) if name in TRUTHS else contents.answer(values[name])
            )
            shared = _shared("observation", number, concept, EXAMINED, visit)
            contents.add("observation", **shared, value_as_concept_id=said)
    if label != HEALTHY:
        shared = _shared("condition", number, GRADE_CONCEPTS[label], EXAMINED, visit)
        shared["condition_start_date"] = shared.pop("condition_date")
        contents.add("condition_occurrence", **shared)
    shared = _shared("condition", number, ANGINA, BEFORE)
    shared["condition_start_date"] = shared.pop("condition_date")
    contents.add("condition_occurrence", **shared)


def _shared(
    table: str, person: int, concept: int, when: datetime, visit: int | None = None
) -> dict[str, Any]:
    """Return what all events have."""
    return {
        "person_id": person,
        f"{table}_concept_id": concept,
        f"{table}_date": when.date(),
        f"{table}_datetime" if table != "condition" else "condition_start_datetime": when,
        f"{table}_type_concept_id": 0,
        "visit_occurrence_id": visit,
    }


def _concepts(contents: _Contents) -> None:
    known: list[tuple[int, str, str]] = [
        (8507, "Gender", "M"),
        (8532, "Gender", "F"),
        (OUTPATIENT, "Visit", "OP"),
        (YES, "SNOMED", "373066001"),
        (NO, "SNOMED", "373067005"),
        (HEART_DISEASE, "SNOMED", "56265001"),
        (ANGINA, "SNOMED", "194828000"),
    ]
    known += [(concept, "UCUM", code) for concept, code in UNITS.items()]
    known += [(concept, name, code) for concept, name, code, _ in MEASURED.values()]
    known += [(concept, LOCAL, code) for concept, code in ANSWERED.values()]
    known += [(concept, LOCAL, f"heart-disease:{name}") for name, concept in GRADE_CONCEPTS.items()]
    known += [(concept, LOCAL, code) for code, concept in contents.answers.items()]
    for concept, vocabulary, code in known:
        contents.add(
            "concept",
            concept_id=concept,
            concept_name=code,
            domain_id="Metadata",
            vocabulary_id=vocabulary,
            concept_class_id="Undefined",
            concept_code=code,
            valid_start_date=date(1970, 1, 1),
            valid_end_date=date(2099, 12, 31),
        )
    for below in [HEART_DISEASE, *GRADE_CONCEPTS.values()]:
        contents.add(
            "concept_ancestor",
            ancestor_concept_id=HEART_DISEASE,
            descendant_concept_id=below,
            min_levels_of_separation=int(below != HEART_DISEASE),
            max_levels_of_separation=int(below != HEART_DISEASE),
        )
