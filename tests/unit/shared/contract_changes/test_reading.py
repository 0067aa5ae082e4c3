"""Old records under a new version."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shared.contract_changes import check_in_full, read_under
from shared.errors import SettingsError
from shared.records import with_derived
from tests.conftest import random_records
from tests.unit.shared.contract_changes.versions import (
    EFFORT,
    HEART,
    TROPONIN,
    add,
    change,
    edited,
    rename_code,
    rename_feature,
    rename_target,
    without_feature,
)


def test_old_records_are_read_under_all_new_names() -> None:
    records = random_records(HEART, 60, 1)
    new = edited(
        rename_feature("major_vessels", "vessels"),
        rename_code("chest_pain", "asymptomatic", "no_pain"),
        rename_target("grade_4", "severe"),
        add("feature", TROPONIN),
        without_feature("st_slope"),
        add("derived", EFFORT),
    )
    found = read_under(HEART, new, records)
    assert list(found.table.columns) == list(new.features)
    pd.testing.assert_series_equal(
        found.table["vessels"], records.table["major_vessels"], check_names=False
    )
    assert found.table["troponin"].isna().all()
    pain = records.table["chest_pain"].replace({"asymptomatic": "no_pain"})
    assert found.table["chest_pain"].tolist() == pain.tolist()
    assert "no_pain" in set(found.table["chest_pain"])
    np.testing.assert_array_equal(found.labels == "severe", records.labels == "grade_4")
    pd.testing.assert_frame_equal(found.table, with_derived(new, found.table))
    assert found.table["effort"].notna().any()


def test_what_was_renamed_twice_is_read_at_once_as_step_by_step() -> None:
    records = random_records(HEART, 20, 2)
    first = edited(rename_code("chest_pain", "asymptomatic", "silent"))
    second = edited(rename_code("chest_pain", "silent", "no_pain"), of=first)
    at_once = read_under(HEART, second, records)
    stepwise = read_under(first, second, read_under(HEART, first, records))
    pd.testing.assert_frame_equal(at_once.table, stepwise.table)


def test_two_codes_of_one_feature_may_be_renamed_at_once() -> None:
    swapped = edited(
        rename_code("sex", "male", "m"),
        rename_code("sex", "female", "f"),
    )
    records = random_records(HEART, 20, 3)
    found = read_under(HEART, swapped, records).table["sex"]
    assert found.dropna().map({"m": "male", "f": "female"}).tolist() == (
        records.table["sex"].dropna().tolist()
    )


def test_records_that_cannot_be_read_are_refused_with_every_reason() -> None:
    new = edited(change("age", unit="mo"), change("cholesterol", maximum=100))
    with pytest.raises(SettingsError) as caught:
        read_under(HEART, new, random_records(HEART, 5, 1))
    assert "feature age: in mo instead of a" in caught.value.what
    assert "feature cholesterol" in caught.value.what


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"feature": "age", "to": "years"}, "renamed feature age: the name is in use"),
        ({"feature": "ca", "to": "vessels"}, "renamed feature ca: there is no vessels"),
        (
            {"feature": "sex", "code": "m", "to": "man"},
            "renamed code m of sex: there is no man",
        ),
        (
            {"feature": "age", "code": "m", "to": "male"},
            "renamed code m: age is no categorical feature",
        ),
        ({"target": "none", "to": "healthy"}, "renamed class none: the name is in use"),
    ],
)
def test_a_renaming_that_leads_nowhere_is_refused(entry: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_in_full(edited(add("renamed", entry)))
    assert said in caught.value.what


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("HP:9999999", "has no term HP:9999999"),
        ("HP:0000118", "every patient has HP:0000118"),
    ],
)
def test_a_term_that_does_not_exist_is_refused(code: str, said: str) -> None:
    from shared.contract import load_contract

    counted = {**EFFORT, "name": "counted", "expression": f'count_under(phenotypes, "{code}")'}
    rare = load_contract("rare_disease")
    with pytest.raises(SettingsError) as caught:
        check_in_full(edited(add("derived", counted), of=rare))
    assert said in caught.value.what
    good = {**counted, "expression": 'count_under(phenotypes, "HP:0001626")'}
    check_in_full(edited(add("derived", good), of=rare))
