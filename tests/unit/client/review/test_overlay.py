"""Decisions laid over records; which record is meant when the source is read again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.review.applying import apply_overlay
from client.review.decisions import (
    Answer,
    CorrectClass,
    CorrectValue,
    Exclude,
    Keep,
    NullMeans,
    RecordDecision,
    Rule,
    checked,
)
from client.review.identity import RecordIdentity, identities
from client.review.overlay import Overlay
from client.review.rules import matching_rows, with_missing_codes
from client.review.values import AnswerError, as_value
from client.sources.loading import LoadedRecords
from client.sources.mapping import Mapping
from shared.contract import Contract
from shared.errors import DataError
from shared.records import Records, concatenate
from tests.conftest import learnable_records, random_records
from tests.unit.client.review.conftest import KEY, loaded_of


def known(contract: Contract, loaded: LoadedRecords) -> list[RecordIdentity]:
    return [each for each in identities(contract, loaded, KEY) if each is not None]


def decided(contract: Contract, loaded: LoadedRecords, row: int, *made: RecordDecision) -> Overlay:
    return Overlay(records={known(contract, loaded)[row]: made})


def test_without_decisions_records_are_as_they_are(
    contract: Contract, loaded: LoadedRecords
) -> None:
    found = apply_overlay(contract, loaded, Overlay(), KEY)
    assert found.loaded is loaded
    assert (found.stale, found.excluded) == ([], 0)


def test_each_decision_changes_its_record_and_no_other(
    contract: Contract, loaded: LoadedRecords
) -> None:
    records = known(contract, loaded)
    overlay = Overlay(
        records={
            records[0]: (CorrectClass(code="grade_4"),),
            records[1]: (CorrectValue(feature="age", value=44.0),),
            records[2]: (CorrectValue(feature="sex", value=None),),
            records[3]: (Exclude(),),
            records[4]: (Keep(),),
            records[5]: (NullMeans(feature="exercise_angina", meaning="normal", becomes=0.0),),
        }
    )
    before = loaded.records.content_hash()
    found = apply_overlay(contract, loaded, overlay, KEY)
    after = found.loaded.records
    assert loaded.records.content_hash() == before
    assert len(after) == len(loaded.records) - 1
    assert found.positions.tolist() == [0, 1, 2, *range(4, 30)]
    assert found.loaded.rows.tolist() == [2, 3, 4, *range(6, 32)]
    assert after.labels[0] == "grade_4"
    assert after.table["age"].iloc[1] == 44.0
    assert as_value(after.table["sex"].iloc[2]) is None
    assert after.table["exercise_angina"].iloc[4] == 0.0
    untouched = loaded.records.take(np.arange(6, 30))
    assert after.take(np.arange(5, 29)).content_hash() == untouched.content_hash()
    assert after.table.dtypes.equals(loaded.records.table.dtypes)


def test_a_changed_record_is_left_alone_and_called_stale(
    contract: Contract, loaded: LoadedRecords
) -> None:
    overlay = decided(contract, loaded, 0, CorrectClass(code="grade_4"))
    table = loaded.records.table.copy()
    table.loc[0, "age"] = 1.0
    changed = replace(loaded, records=Records(table, loaded.records.labels))
    found = apply_overlay(contract, changed, overlay, KEY)
    assert found.stale == list(overlay.records)
    assert found.loaded.records.labels.tolist() == loaded.records.labels.tolist()


def test_a_record_is_found_wherever_it_moved(contract: Contract, loaded: LoadedRecords) -> None:
    overlay = decided(contract, loaded, 3, Exclude())
    order = np.arange(30)[::-1]
    moved = replace(
        loaded,
        records=loaded.records.take(order),
        pseudonyms=None if loaded.pseudonyms is None else loaded.pseudonyms[order],
    )
    found = apply_overlay(contract, moved, overlay, KEY)
    assert (found.stale, found.excluded) == ([], 1)
    assert 26 not in found.positions


def test_one_of_two_equal_records_can_be_excluded(contract: Contract) -> None:
    once = learnable_records(contract, 4, 1)
    twice = loaded_of(concatenate([once, once]), told_apart=False)
    records = known(contract, twice)
    assert len(set(records)) == 8
    assert records[4] == records[0]._replace(occurrence=1)
    found = apply_overlay(contract, twice, Overlay(records={records[4]: (Exclude(),)}), KEY)
    assert found.positions.tolist() == [0, 1, 2, 3, 5, 6, 7]


def test_another_node_makes_other_identities(contract: Contract, loaded: LoadedRecords) -> None:
    ours = identities(contract, loaded, KEY)
    theirs = identities(contract, loaded, b"x" * 32)
    assert all(one and other and one.content != other.content for one, other in zip(ours, theirs))  # noqa: B905


def test_a_new_feature_without_values_changes_no_identity(
    contract: Contract, loaded: LoadedRecords
) -> None:
    smaller = contract.without_features(["thallium_scan"])
    table = loaded.records.table.assign(thallium_scan=None)
    empty = replace(loaded, records=Records(table, loaded.records.labels))
    assert identities(contract, empty, KEY) == identities(smaller, empty, KEY)


def test_digits_that_no_measurement_has_change_no_identity(
    contract: Contract, loaded: LoadedRecords
) -> None:
    table = loaded.records.table.copy()
    table["age"] = table["age"] * (1 + 1e-13)
    again = replace(loaded, records=Records(table, loaded.records.labels))
    assert identities(contract, again, KEY) == identities(contract, loaded, KEY)


def test_rules_come_before_decisions_on_records(contract: Contract, loaded: LoadedRecords) -> None:
    empty = np.flatnonzero(loaded.records.table["exercise_angina"].isna())
    rule = Rule(feature="exercise_angina", when="empty", meaning="normal", becomes=0.0)
    first = int(empty[0])
    own = decided(contract, loaded, first, CorrectValue(feature="exercise_angina", value=1.0))
    found = apply_overlay(contract, loaded, Overlay((rule,), own.records), KEY)
    cells = found.loaded.records.table["exercise_angina"]
    assert not cells.isna().any()
    assert cells.iloc[first] == 1.0
    assert (cells.iloc[empty[1:]] == 0.0).all()


@pytest.mark.parametrize(
    ("feature", "when", "matches"),
    [
        ("exercise_angina", "empty", None),
        ("exercise_angina", "value", 1.0),
        ("chest_pain", "value", "asymptomatic"),
        ("age", "empty", None),
        ("chest_pain", "code", "9"),
    ],
)
def test_a_rule_matches_what_a_look_at_each_cell_says(
    contract: Contract, loaded: LoadedRecords, feature: str, when: str, matches: object
) -> None:
    rule = Rule.model_validate(
        {"feature": feature, "when": when, "matches": matches, "meaning": "lost"}
    )
    expected = [
        row
        for row, cell in enumerate(loaded.records.table[feature])
        if when != "code" and as_value(cell) == matches
    ]
    assert matching_rows(contract, loaded.records.table, rule).tolist() == expected


def test_rules_on_sets_of_codes() -> None:
    from shared.contract import load_contract

    contract = load_contract("rare_disease")
    name = next(each.name for each in contract.feature if each.kind == "terms")
    records = random_records(contract, 20, 1)
    empty = Rule(feature=name, when="empty", meaning="unknown")
    expected = [row for row, cell in enumerate(records.table[name]) if not cell]
    assert matching_rows(contract, records.table, empty).tolist() == expected


def test_a_code_is_read_as_missing_and_the_mapping_stays(contract: Contract) -> None:
    mapping = Mapping.model_validate(
        {
            "source": {"kind": "csv", "path": "p.csv"},
            "label": {"column": "d"},
            "column": [
                {"column": "chol", "feature": "cholesterol", "unit": "mg/dL", "missing": ["?"]},
                {"column": "age", "feature": "age", "unit": "a"},
            ],
        }
    )
    rule = Rule(feature="cholesterol", when="code", matches="0.0", meaning="lost")
    changed = with_missing_codes(mapping, [rule])
    assert changed.column[0].missing == ["?", "0"]
    assert changed.column[1] == mapping.column[1]
    assert mapping.column[0].missing == ["?"]


def test_excluding_everything_is_an_error(contract: Contract) -> None:
    loaded = loaded_of(learnable_records(contract, 3, 1))
    records = {each: (Exclude(),) for each in known(contract, loaded)}
    with pytest.raises(DataError, match="Every record"):
        apply_overlay(contract, loaded, Overlay(records=records), KEY)


def test_the_hash_tells_overlays_apart(contract: Contract, loaded: LoadedRecords) -> None:
    one = decided(contract, loaded, 0, Exclude())
    other = decided(contract, loaded, 1, Exclude())
    rule = Rule(feature="age", when="empty", meaning="lost")
    hashes = {each.content_hash for each in (Overlay(), one, other, Overlay((rule,)))}
    assert len(hashes) == 4
    assert one.content_hash == decided(contract, loaded, 0, Exclude()).content_hash


@settings(max_examples=40, deadline=None)
@given(rows=st.sets(st.integers(0, 29)), seed=st.integers(0, 5))
def test_applying_twice_is_applying_once_to_the_source(
    contract: Contract, rows: set[int], seed: int
) -> None:
    """The records that result depend on the source and the overlay alone."""
    loaded = loaded_of(learnable_records(contract, 30, seed))
    records = known(contract, loaded)
    overlay = Overlay(records={records[row]: (CorrectClass(code="grade_1"),) for row in rows})
    first = apply_overlay(contract, loaded, overlay, KEY).loaded.records
    second = apply_overlay(contract, loaded, overlay, KEY).loaded.records
    assert first.content_hash() == second.content_hash()
    assert sum(first.labels == "grade_1") == len(
        rows | set(np.flatnonzero(loaded.records.labels == "grade_1").tolist())
    )


@pytest.mark.parametrize(
    "wrong",
    [
        CorrectClass(code="grade_9"),
        CorrectValue(feature="agee", value=1.0),
        CorrectValue(feature="age", value=500.0),
        CorrectValue(feature="age", value="old"),
        CorrectValue(feature="age", value="nan"),
        CorrectValue(feature="sex", value="Garcia1957"),
        CorrectValue(feature="exercise_angina", value="maybe"),
        NullMeans(feature="age", meaning="normal"),
        NullMeans(feature="age", meaning="lost", becomes=50.0),
        Rule(feature="age", when="empty", matches="1", meaning="lost"),
        Rule(feature="age", when="value", meaning="lost"),
        Rule(feature="age", when="code", matches="9", meaning="normal", becomes="50"),
        Rule(feature="age", when="value", matches="-9", meaning="lost"),
    ],
)
def test_what_the_contract_does_not_have_is_refused_without_the_value(
    contract: Contract, wrong: Answer
) -> None:
    with pytest.raises(AnswerError) as raised:
        checked(contract, wrong)
    assert "Garcia" not in str(raised.value)


def test_values_are_read_as_people_type_them(contract: Contract) -> None:
    made = checked(contract, CorrectValue(feature="age", value=" 44,5 "))
    assert made == CorrectValue(feature="age", value=44.5)
    made = checked(contract, CorrectValue(feature="exercise_angina", value="Sí"))
    assert made == CorrectValue(feature="exercise_angina", value=1.0)
    made = checked(contract, CorrectValue(feature="age", value=None))
    assert made == CorrectValue(feature="age", value=None)
