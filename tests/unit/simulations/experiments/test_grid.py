"""A grid puts its values where they belong, and says where they do not."""

from __future__ import annotations

import pytest

from shared.errors import SettingsError
from shared.settings_file import parse
from simulations.experiments.grid import points_of
from simulations.experiments.scenario import Scenario

CONTENT = {
    "name": "Grid",
    "contract": "heart_disease",
    "data": {"kind": "heart"},
    "fault": [{"hospital": "va", "question": 2, "kind": "silent"}],
}


def scenario_with(**more: object) -> Scenario:
    return parse(Scenario, {**CONTENT, **more}, "test")


def test_values_are_combined_and_put_in_their_places() -> None:
    scenario = scenario_with(
        grid={"run.minimum_hospitals": [2, 3], "fault.0.question": [0, 5]},
        variant=[{"name": "one"}, {"name": "two", "grid": False}],
    )
    points = points_of(scenario)
    assert [(point.variant.name, *point.values.values()) for point in points] == [
        ("one", 2, 0),
        ("one", 2, 5),
        ("one", 3, 0),
        ("one", 3, 5),
        ("two", None, None),
    ]
    assert [point.scenario.fault[0].question for point in points] == [0, 5, 0, 5, 2]
    settings = [point.scenario.settings_of(point.variant, 0) for point in points]
    assert [each.minimum_hospitals for each in settings[:4]] == [2, 2, 3, 3]


def test_whole_parts_can_be_varied() -> None:
    scenario = scenario_with(grid={"fault": [[], CONTENT["fault"]]})
    points = points_of(scenario)
    assert [len(point.scenario.fault) for point in points] == [0, 1]
    assert [point.values["fault"] for point in points] == ["none", "va 2 silent"]


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ({"fault.3.question": [1]}, "no place of the scenario"),
        ({"name.first": [1]}, "a grid varies"),
        ({"run.minimum_hospitals": []}, "at least one value"),
        ({"run.minimum_hospital": [1]}, "minimum_hospital"),
        ({"data.alpha": [1.0]}, "alpha"),
        ({"data.kind.part": [1]}, "no place of the scenario"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    grid: dict[str, object], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        points_of(scenario_with(grid=grid))
