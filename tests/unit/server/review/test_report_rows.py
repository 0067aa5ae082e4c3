from __future__ import annotations

import datetime

import pytest

from server.review.approval import Approval
from server.review.report_reliability import wilson_interval
from server.review.report_rows import MOST_TRIALS, signatures, trial_tables
from server.review.report_words import gain, gain_meaning, signed, spread
from server.review.review import Gain, Spread
from tests.unit.server.review.sample import ready_review


def test_not_a_number_is_no_data() -> None:
    nan = float("nan")
    nothing = Gain(rows=3, other=nan, shared=nan, low=nan, high=nan)
    assert gain(nothing) == "no data"
    assert gain_meaning(nothing) == ""
    assert spread(Spread(mean=nan, deviation=nan, lowest=nan, highest=nan), 2) == "no data"
    assert signed(-0.0001) == "0.000"


def test_trials_that_ran_to_their_end_come_first_and_few_are_shown() -> None:
    tables = trial_tables(ready_review())
    assert [table.kind for table in tables] == ["Neural network", "Boosted trees"]
    for table in tables:
        assert (len(table.shown), table.total) == (MOST_TRIALS, 20)
        states = [trial.state for trial in table.shown]
        assert states == sorted(states)
        values = [trial.value for trial in table.shown if trial.state == "complete" and trial.value]
        assert values == sorted(values)


def test_higher_is_better_for_accuracy() -> None:
    review = ready_review().model_copy(update={"tuning_metric": "accuracy"})
    values = [each.value or 0.0 for each in trial_tables(review)[0].shown[:5]]
    assert values == sorted(values, reverse=True)


def test_latest_approval_counts_and_others_are_told_apart() -> None:
    earlier = Approval(name="dr ada  byron", date=datetime.date(2026, 3, 16))
    later = Approval(name="Dr Ada Byron", date=datetime.date(2026, 4, 1))
    guest = Approval(name="Dr Guest", date=datetime.date(2026, 3, 1))
    found = signatures(ready_review().acceptance, [later, earlier, guest])
    assert [(each.name, each.approval, each.is_asked) for each in found] == [
        ("Dr Ada Byron", later, True),
        ("Dr Émile Roux", None, True),
        ("Dr Guest", guest, False),
    ]


def test_interval_of_a_share() -> None:
    # Wilson's interval of 5 of 10, from tables.
    assert wilson_interval(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson_interval(0.0, 10)[0] == pytest.approx(0.0)
