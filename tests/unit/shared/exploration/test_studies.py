"""Which patients a study wants, and how many are told."""

from __future__ import annotations

import numpy as np
import pytest

from shared.contract import Contract, load_contract
from shared.errors import SettingsError
from shared.exploration.criteria import meets, read_criteria
from shared.exploration.explore import explore
from shared.exploration.settings import Studies, Study
from shared.records import Records, records_from_columns
from shared.settings_file import parse
from tests.conftest import learnable_records, random_records

SMALLEST = 5


def found_by(contract: Contract, records: Records, where: str) -> list[bool]:
    found: list[bool] = meets(contract, records, read_criteria(contract, where)).tolist()
    return found


@pytest.fixture(scope="module")
def four(contract: Contract) -> Records:
    columns: dict[str, list[object]] = {
        "age": [39, 40, None, 70],
        "sex": ["female", "male", None, "female"],
        "exercise_angina": [1, 0, None, 1],
    }
    return records_from_columns(contract, columns, ["none", "grade_1", "disease", "grade_4"])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("age >= 40", [False, True, False, True]),
        ("age < 40", [True, False, False, False]),
        ("age = 40", [False, True, False, False]),
        ("age != 40", [True, False, False, True]),
        ("age = missing", [False, False, True, False]),
        ("age != missing", [True, True, False, True]),
        ("sex=female", [True, False, False, True]),
        ("sex != female", [False, True, False, False]),
        ("sex = female | missing", [True, False, True, True]),
        ("exercise_angina = yes", [True, False, False, True]),
        ("exercise_angina != yes", [False, True, False, False]),
        ("class = disease", [False, True, True, True]),
        ("class = grade_1 | grade_4", [False, True, False, True]),
        ("class != disease", [True, False, False, False]),
        ("age >= 40 and sex = female and class = disease", [False, False, False, True]),
    ],
)
def test_conditions(contract: Contract, four: Records, where: str, expected: list[bool]) -> None:
    assert found_by(contract, four, where) == expected


def test_a_term_holds_for_those_below_it() -> None:
    contract = load_contract("rare_disease")
    columns: dict[str, list[object]] = {"phenotypes": [("HP:0001166",), (), ("HP:0001250",)]}
    records = records_from_columns(contract, columns, ["OMIM:154700"] * 3)
    # Arachnodactyly is an abnormality of the hand.
    assert found_by(contract, records, "phenotypes = HP:0001155") == [True, False, False]
    assert found_by(contract, records, "phenotypes = missing") == [False, True, False]
    assert found_by(contract, records, "phenotypes != HP:0001155") == [False, False, True]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("agee > 3", "no feature 'agee'"),
        ("age > high", "one number is expected"),
        ("age > nan", "one number is expected"),
        ("age > 3 | 4", "one number is expected"),
        ("sex > female", "only numbers have an order"),
        ("sex = f", "'f' is not known there"),
        ("class = plague", "'plague' is not known there"),
        ("age", "no condition"),
        ("__import__('os').system('true')", "no condition"),
        ("age >= 3 and", "one number is expected"),
    ],
)
def test_conditions_that_cannot_be_met_are_refused(
    contract: Contract, where: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        read_criteria(contract, where)


def told(contract: Contract, records: Records, *wheres: str) -> list[int | None]:
    studies = [Study(name=str(place), where=where) for place, where in enumerate(wheres)]
    return explore(contract, records, SMALLEST, studies).studies


def records_of_ages(contract: Contract, ages: np.ndarray) -> Records:
    records = random_records(contract, len(ages), 0, missing=0.0)
    return Records(records.table.assign(age=ages.astype(float)), records.labels)


def test_counts_are_told_in_multiples_rounded_down(contract: Contract) -> None:
    records = learnable_records(contract, 500, 0)
    rows = int(sum(found_by(contract, records, "sex = female")))
    assert told(contract, records, "sex = female") == [rows // SMALLEST * SMALLEST]


def test_few_are_not_told_nor_all_but_few(contract: Contract) -> None:
    records = records_of_ages(contract, np.array([30] * 3 + [50] * 60 + [70] * 37))
    assert told(contract, records, "age < 40") == [None]
    assert told(contract, records, "age > 40") == [None]
    assert told(contract, records, "age > 60") == [35]
    assert told(contract, records, "age > 100") == [0]


def test_two_studies_do_not_give_few_away_between_them(contract: Contract) -> None:
    records = records_of_ages(contract, np.repeat([41, 43, 70, 80], [30, 3, 40, 27]))
    assert told(contract, records, "age >= 43")[0] is None
    assert told(contract, records, "age >= 50", "age >= 43")[1] is None
    assert told(contract, records, "age >= 50", "age >= 75") == [65, 25]


def test_a_study_gives_few_away_beside_no_table(contract: Contract) -> None:
    # A table tells how many are in each step of age; a study that ends within one may not.
    ages = np.repeat([40, 41, 60, 61], [20, 2, 20, 20])
    records = records_of_ages(contract, ages)
    assert told(contract, records, "age >= 41") == [None]
    assert told(contract, records, "age >= 50") == [40]


def test_studies_are_told_apart_by_name() -> None:
    twice = {"study": [{"name": "a", "where": "age > 1"}, {"name": "a", "where": "age > 2"}]}
    with pytest.raises(SettingsError, match="same name"):
        parse(Studies, twice, "studies.toml")
