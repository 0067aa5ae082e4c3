from __future__ import annotations

from typing import Any

from client.sources.mapping import Mapping
from client.sources.renamed_mapping import under_contract
from tests.unit.shared.contract_changes.versions import (
    HEART,
    edited,
    rename_code,
    rename_feature,
    rename_target,
)

NEW = edited(
    rename_feature("chest_pain", "pain"),
    rename_code("pain", "asymptomatic", "none_felt"),
    rename_target("none", "healthy"),
)


def mapping(codes: dict[str, str] | None, labels: dict[str, str]) -> Mapping:
    column: dict[str, Any] = {"column": "cp", "feature": "chest_pain"}
    return Mapping.model_validate(
        {
            "source": {"kind": "csv", "path": "patients.csv"},
            "label": {"column": "diagnosis", "codes": labels},
            "column": [column if codes is None else {**column, "codes": codes}],
        }
    )


def test_features_codes_and_classes_get_their_new_names() -> None:
    found = under_contract(
        NEW, mapping({"4": "asymptomatic", "1": "typical_angina"}, {"0": "none"})
    )
    (column,) = found.column
    assert column.feature == "pain"
    assert column.codes == {
        "asymptomatic": "none_felt",
        "4": "none_felt",
        "1": "typical_angina",
    }
    assert found.label.codes == {"none": "healthy", "0": "healthy"}


def test_cells_spelled_as_before_need_no_line() -> None:
    found = under_contract(NEW, mapping(None, {}))
    assert found.column[0].codes == {"asymptomatic": "none_felt"}
    assert found.label.codes == {"none": "healthy"}


def test_the_mappings_own_word_counts_more() -> None:
    found = under_contract(NEW, mapping({"asymptomatic": "typical_angina"}, {"none": "grade_1"}))
    assert found.column[0].codes == {"asymptomatic": "typical_angina"}
    assert found.label.codes == {"none": "grade_1"}


def test_nothing_changes_without_renamings() -> None:
    given = mapping({"4": "asymptomatic"}, {"0": "none"})
    assert under_contract(HEART, given) is given
