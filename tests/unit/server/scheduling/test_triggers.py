"""What makes the federation learn again, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.home import CoordinatorHome
from server.scheduling.asking import Asking, mark, marked
from server.scheduling.queue import RunQueue
from server.scheduling.settings import ScheduleSettings, TriggerSettings
from server.scheduling.triggers import Evidence, wishes
from shared.watch.answer import Service, WatchAnswer
from shared.watch.verdict import FEDERATION, Kind, WatchVerdict
from shared.watch.watch import Watch

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MADE = "2026-11-25T06:30:00+00:00"
ALL = TriggerSettings(
    new_confirmed_records=100,
    drift="federation",
    performance="federation",
    new_contract=True,
    new_release=True,
)


def alarm(kind: Kind, hospital: str = FEDERATION) -> WatchVerdict:
    return WatchVerdict(
        kind=kind, hospital=hospital, state="alarm", sign="", sentence=f"{kind} moved.", score=0.5
    )


def watch(*verdicts: WatchVerdict, new: int = 0) -> Watch:
    answers = {
        name: WatchAnswer(made=MADE, service=Service(), new_for_training=new)
        for name in ("north", "south")
    }
    return Watch(run="run-0007", made=MADE, answers=answers, verdicts=list(verdicts))


def fired(settings: TriggerSettings, evidence: Evidence) -> list[str]:
    return [each.trigger for each in wishes(settings, evidence)]


def test_nothing_is_asked_for_without_evidence() -> None:
    assert fired(ALL, Evidence()) == []
    assert fired(ALL, Evidence(watch=watch())) == []


def test_each_trigger_by_itself() -> None:
    assert fired(ALL, Evidence(watch=watch(alarm("performance")))) == ["performance"]
    assert fired(ALL, Evidence(watch=watch(new=50))) == ["new_confirmed_records"]
    assert fired(ALL, Evidence(watch=watch(new=49))) == []
    assert fired(ALL, Evidence(contract="b", learned_contract="a")) == ["new_contract"]
    assert fired(ALL, Evidence(contract="b", learned_contract="b")) == []
    assert fired(ALL, Evidence(contract="b")) == []
    waiting = Evidence(contract="b", learned_contract="a", not_accepted=("north",))
    assert fired(ALL, waiting) == []
    assert fired(ALL, Evidence(release="2", learned_release="1")) == ["new_release"]


def test_what_a_watch_says_of_a_model_that_is_being_replaced_asks_for_nothing() -> None:
    seen = watch(alarm("performance"))
    assert fired(ALL, Evidence(watch=seen, on_its_way="run-0003")) == []
    assert fired(ALL, Evidence(watch=seen, deployed_at=seen.made)) == []
    assert fired(ALL, Evidence(watch=seen, deployed_at="2000-01-01T00:00:00+00:00")) == [
        "performance"
    ]
    assert fired(ALL, Evidence(release="2")) == []


@pytest.mark.parametrize("kind", ["data", "label", "score"])
def test_drift_of_the_federation_or_of_one_hospital(kind: Kind) -> None:
    hospital = ALL.model_copy(update={"drift": "hospital"})
    assert fired(ALL, Evidence(watch=watch(alarm(kind)))) == ["drift"]
    assert fired(ALL, Evidence(watch=watch(alarm(kind, "north")))) == []
    assert fired(hospital, Evidence(watch=watch(alarm(kind, "north")))) == ["drift"]
    only_labels = hospital.model_copy(update={"drift_kinds": ["label"]})
    assert fired(only_labels, Evidence(watch=watch(alarm(kind)))) == (
        ["drift"] if kind == "label" else []
    )


def test_a_sick_feed_is_no_reason_to_learn() -> None:
    everywhere = ALL.model_copy(update={"drift": "hospital", "performance": "hospital"})
    assert fired(everywhere, Evidence(watch=watch(alarm("feed", "north"), alarm("feed")))) == []


def test_no_trigger_is_on_by_default() -> None:
    evidence = Evidence(
        watch=watch(alarm("data"), alarm("performance"), new=1_000),
        contract="b",
        learned_contract="a",
        release="2",
        learned_release="1",
    )
    assert not TriggerSettings().any
    assert not TriggerSettings(drift_kinds=["label"], settings="run.toml").any
    assert wishes(TriggerSettings(), evidence) == []


def test_a_watch_from_before_the_last_learning_run_is_old_news() -> None:
    found = watch(alarm("data"), new=1_000)
    assert fired(ALL, Evidence(watch=found, learned_at="2026-11-25T06:29:59+00:00")) != []
    assert fired(ALL, Evidence(watch=found, learned_at="2026-11-25T06:30:00+00:00")) == []


def test_the_reason_names_run_hospital_and_finding() -> None:
    settings = ALL.model_copy(update={"drift": "hospital"})
    verdicts = watch(alarm("data", "north"), alarm("label", "south"))
    (wish,) = wishes(settings, Evidence(watch=verdicts))
    assert wish.reason == "Trigger drift: run-0007 found at north: data moved. (1 more)"


class Kept:
    """A watch that was made."""

    def __init__(self, found: Watch | None) -> None:
        self.found = found

    def newest(self) -> Watch | None:
        return self.found


def test_all_reasons_ask_for_one_run_and_once(home: CoordinatorHome) -> None:
    schedule = ScheduleSettings(triggers=ALL)
    queue = RunQueue(home.engine())
    for _ in range(2):
        # A coordinator that was started anew looks at the same watch again.
        Asking(home, print, Kept(watch(alarm("data"), new=90))).ask(schedule, NOON)
    (request,) = queue.all()
    assert (request.kind, request.requested_by) == ("learn", "trigger")
    assert "Trigger drift" in request.reason
    assert "180 confirmed cases" in request.reason
    queue.cancel(request.id)
    Asking(home, print, Kept(watch(alarm("data"), new=90))).ask(schedule, NOON)
    assert len(queue.all()) == 1


def test_a_release_is_noticed_when_it_changes(home: CoordinatorHome) -> None:
    schedule = ScheduleSettings(triggers=TriggerSettings(new_release=True))
    Asking(home, print, Kept(None)).ask(schedule, NOON)
    now = marked(home.engine(), "release")
    assert now
    assert RunQueue(home.engine()).all() == []
    mark(home.engine(), "release", "0.0.1")
    Asking(home, print, Kept(None)).ask(schedule, NOON)
    (request,) = RunQueue(home.engine()).all()
    assert "and was 0.0.1" in request.reason
    assert marked(home.engine(), "release") == now
