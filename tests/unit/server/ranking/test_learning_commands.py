"""What the terminal says of a run that learns to rank, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.commands.engine import learning_settings, refuse_files
from server.ranking.figures import ranking_figures
from server.ranking.words import figure_lines
from server.rounds import RoundRecord
from server.run_progress import belongs_to, condensed, what
from shared.errors import SettingsError
from shared.questions import RANK
from shared.ranking_learning.ranks import ANSWERED, RANKS, RELIABILITY, SETS, nothing_counted
from shared.run_settings import RunSettings


def test_settings_of_a_learning_are_those_of_a_run() -> None:
    found = learning_settings(None, ["ranking.fewest_cases=3", "seed=4"])
    assert (found.ranking.enabled, found.ranking.fewest_cases, found.seed) == (True, 3, 4)


def test_files_that_a_run_would_not_read_are_refused(tmp_path: Path) -> None:
    refuse_files(None, None)
    with pytest.raises(SettingsError, match="takes the ontology of the coordinator"):
        refuse_files(None, tmp_path / "hp.obo")


def test_figures_have_intervals_and_say_where_there_is_no_case() -> None:
    counts = nothing_counted()
    counts[RANKS][0, 0] = [6, 2, 1, 1]
    counts[RANKS][1, 0] = [1, 2, 3, 4]
    counts[RELIABILITY][19] = [4, 6]
    counts[SETS][:] = [1, 9]
    counts[ANSWERED][:] = [5, 1, 4]
    found = ranking_figures(counts)
    first = found.top["federated"]["all"]["top_1"]
    assert (first.hits, first.cases, first.value) == (6, 10, 0.6)
    assert first.low is not None
    assert first.high is not None
    assert first.low < 0.6 < first.high
    assert found.top["federated"]["all"]["top_10"].value == 0.9
    assert found.top["federated"]["rare"]["top_1"].value is None
    assert found.calibration_error == pytest.approx(0.975 - 0.6)
    assert (found.in_set.value, found.answered.value) == (0.9, 0.5)
    assert found.right_of_answered.value == 0.8
    (line,) = figure_lines(found)
    assert line.startswith("all (10 cases): first: 0.600 [0.")
    assert "by matching alone first: 0.100" in line
    assert ranking_figures(nothing_counted()).calibration_error is None
    assert not figure_lines(ranking_figures(nothing_counted()))


def test_hundreds_of_steps_are_one_line() -> None:
    def record(model: str, number: int) -> RoundRecord:
        return RoundRecord(
            question=RANK,
            model=model,
            number=number,
            invited=["lyon"],
            answered=["lyon"],
            left_out={},
            seconds=0.1,
        )

    rounds = [
        record("", 0),
        record("disease_ranking inputs", 1),
        *(record("disease_ranking scorers", number) for number in range(1, 145)),
        record("disease_ranking evaluate", 1),
    ]
    settings = RunSettings()
    lines = [what(each, settings) for each in condensed(rounds, settings)]
    assert lines == [
        "Cases by disease",
        "Scales of what ranks diseases",
        "Networks that rank, 144 steps",
        "Judging on held-out cases",
    ]
    assert belongs_to(rounds[0], settings) == ""
    assert np.isclose(sum(each.seconds for each in condensed(rounds, settings)), 14.7)
