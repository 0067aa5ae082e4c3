"""Each thing that can change is found, told, and has the level and the reading that it must."""

from __future__ import annotations

from typing import get_args

import pytest

from shared.contract import Feature
from shared.contract_changes import Level, Reading, compare, required_level
from shared.contract_changes.comparing_features import LOOKED_AT
from shared.contract_changes.words import in_words
from shared.errors import SettingsError
from shared.settings_file import StrictModel
from tests.unit.shared.contract_changes.versions import (
    EFFORT,
    HEART,
    TROPONIN,
    Content,
    Edit,
    add,
    change,
    code,
    edited,
    feature,
    rename_code,
    rename_feature,
    rename_target,
    target,
    without_code,
    without_feature,
    without_target,
)

UNDER_GRADE_4 = [
    {"code": f"grade_4{part}", "name": part, "frequency": "rare", "parent": "grade_4"}
    for part in "ab"
]
CASES: dict[str, tuple[Edit, Level, Reading, str]] = {
    "a new feature": (
        *(add("feature", TROPONIN), "minor", "missing"),
        "feature troponin: new (numeric in ng/L)",
    ),
    "no feature": (
        *(without_feature("st_slope"), "minor", "left aside"),
        "feature st_slope: removed",
    ),
    "a renamed feature": (
        *(rename_feature("major_vessels", "vessels"), "minor", "renamed"),
        "feature major_vessels: is called vessels now",
    ),
    "another kind": (
        lambda content: content["feature"].__setitem__(
            content["feature"].index(feature(content, "exercise_angina")),
            {**TROPONIN, "name": "exercise_angina"},
        ),
        *("major", "not", "feature exercise_angina: flag becomes numeric"),
    ),
    "another unit": (
        *(change("age", unit="mo"), "major", "not", "feature age: in mo instead of a"),
    ),
    "a wider range": (
        *(change("cholesterol", maximum=900), "minor", "as they are"),
        "feature cholesterol: 50 to 900 mg/dL are plausible instead of 50 to 700",
    ),
    "a narrower range": (
        *(change("cholesterol", maximum=600), "major", "not", "feature cholesterol: 50 to 600"),
    ),
    "a shifted range": (
        *(change("cholesterol", minimum=60, maximum=900), "major", "not"),
        "feature cholesterol: 60 to 900",
    ),
    "other bins": (*(change("age", bins=60), "minor", "as they are", "60 bins instead of 120"),),
    "a new code": (
        lambda content: feature(content, "sex")["codes"].append({"code": "other", "name": "O"}),
        *("minor", "as they are", "feature sex: code other (O) is new"),
    ),
    "no code": (
        *(without_code("chest_pain", "asymptomatic"), "major", "not"),
        "feature chest_pain: code asymptomatic removed",
    ),
    "a renamed code": (
        *(rename_code("chest_pain", "asymptomatic", "no_pain"), "minor", "renamed"),
        "feature chest_pain: code asymptomatic is called no_pain now",
    ),
    "a code named anew": (
        lambda content: code("sex", "male")(content).update(name="Man"),
        *("patch", "as they are", "code male is named anew"),
    ),
    "a new class": (
        lambda content: content["target"].append(
            {"code": "myocarditis", "name": "Myocarditis", "frequency": "rare"}
        ),
        *("minor", "as they are", "class myocarditis (Myocarditis): new, rare"),
    ),
    "finer classes": (
        lambda content: content["target"].extend(UNDER_GRADE_4),
        *("minor", "as they are", "new under grade_4, rare"),
    ),
    "no class": (*(without_target("grade_4"), "major", "not", "class grade_4: removed"),),
    "a renamed class": (
        *(rename_target("disease", "heart_disease"), "minor", "renamed"),
        "class disease: is called heart_disease now",
    ),
    "a class elsewhere": (
        lambda content: target(content, "grade_1").update(parent=None),
        *("minor", "as they are", "class grade_1: lies under no other class now"),
    ),
    "a common class": (
        lambda content: target(content, "grade_4").update(frequency="common"),
        *("minor", "as they are", "class grade_4: counts as common now"),
    ),
    "a derived feature": (
        *(add("derived", EFFORT), "minor", "computed"),
        "derived effort: new, maximum_heart_rate / (220 - age)",
    ),
    "a forbidden field": (
        *(add("identifying_fields", "passport"), "minor", "as they are"),
        "field passport: identifies a patient",
    ),
    "a field that is allowed": (
        lambda content: content["identifying_fields"].remove("ssn"),
        *("minor", "as they are", "field ssn: may be loaded from now on"),
    ),
    "another analyte": (
        *(change("cholesterol", analyte=None), "minor", "as they are"),
        "feature cholesterol: analyte is nothing instead of cholesterol",
    ),
    "other words": (
        *(change("age", description="Years lived"), "patch", "as they are"),
        "feature age: described anew",
    ),
    "another order": (
        lambda content: content["feature"].reverse(),
        *("patch", "as they are", "features: in another order"),
    ),
    "another synonym": (
        *(change("age", synonyms=["years"]), "patch", "as they are"),
        "feature age: other synonyms",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_told_with_its_level_and_reading(name: str) -> None:
    edit, level, reading, words = CASES[name]
    changes = compare(HEART, edited(edit))
    assert words in changes[0].what
    assert (changes[0].level, changes[0].reading) == (level, reading)
    assert len({each.level for each in changes}) == 1
    assert required_level(changes) == level


def test_nothing_differs_from_itself() -> None:
    assert compare(HEART, edited(version="9.9.9")) == []


@pytest.mark.parametrize("kind", get_args(get_args(Feature)[0]))
def test_no_field_of_a_feature_changes_unseen(kind: type[StrictModel]) -> None:
    assert set(kind.model_fields) <= {*LOOKED_AT, "analyte"}, "decide what a change of it means"


def test_what_matters_most_stands_first_and_decides() -> None:
    new = edited(add("feature", TROPONIN), change("age", unit="mo"), change("sex", description="x"))
    assert [each.level for each in compare(HEART, new)] == ["major", "minor", "patch"]
    assert required_level(compare(HEART, new)) == "major"
    lines = in_words(HEART, new, compare(HEART, new))
    assert "records of the version before cannot all be read" in lines[0]
    assert lines[-1].strip() == "and one of words"


def test_a_derived_feature_that_changes_is_computed_anew() -> None:
    old = edited(add("derived", EFFORT))
    new = edited(add("derived", {**EFFORT, "expression": "maximum_heart_rate / (210 - age)"}))
    (found,) = compare(old, new)
    assert (found.what.split(",")[0], found.level) == ("derived effort: computed anew", "minor")
    (found,) = compare(old, edited(add("derived", {**EFFORT, "description": "Strain"})))
    assert found.level == "patch"


def test_a_name_may_change_several_times() -> None:
    first = edited(rename_feature("major_vessels", "vessels"))
    second = edited(rename_feature("vessels", "coloured_vessels"), of=first)
    for old in (HEART, first):
        changes = compare(old, second)
        assert [each.reading for each in changes if each.level == "minor"] == ["renamed"]


def test_a_removed_feature_that_is_derived_now_asks_for_its_column_to_go() -> None:
    derived: Content = {**EFFORT, "name": "st_depression", "expression": "age / 10"}
    changes = compare(HEART, edited(without_feature("st_depression"), add("derived", derived)))
    assert {each.mapping for each in changes} == {"delete the column of st_depression"}


def test_another_contract_is_no_version() -> None:
    other = edited(lambda content: content.update(name="lungs"))
    with pytest.raises(SettingsError, match="lungs is another contract than heart_disease"):
        compare(HEART, other)
