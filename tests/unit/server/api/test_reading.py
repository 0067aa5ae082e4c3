"""What the API says of a federation: the same as the dashboard's pages, and with intervals."""

from __future__ import annotations

import pytest

from server.dashboard.standing import standings
from server.dashboard.watches import recent_days
from server.home import CoordinatorHome
from server.promotion.candidate_store import CandidateStore
from server.run_store import RunStore
from tests.sample_federation import IN_USE, WAITING
from tests.unit.server.api.conftest import Api


def test_the_federation_at_a_glance(api: Api, home: CoordinatorHome) -> None:
    found = api.get("/v1/federation")
    assert found["name"] == "Iberian heart network"
    assert (found["hospitals"], found["up"]) == (5, 4)
    assert found["sentence"].startswith("4 of 5 hospitals are up; silent: Torino.")
    assert found["contract"]["hash"] == home.contract().hash
    assert found["in_use"]["id"] == IN_USE
    assert found["run"]["goes_on"] is True
    assert {each["meaning"] for each in found["waiting"]} >= {"act", "attention"}
    spanish = api.call("GET", "/v1/federation", headers={"Accept-Language": "es"})
    assert spanish.headers["content-language"] == "es"
    assert "hospitales" in spanish.json()["sentence"]


def test_hospitals_are_as_the_pages_have_them(api: Api, home: CoordinatorHome) -> None:
    known = standings(home, recent_days(home.engine(), 60))
    found = api.get("/v1/hospitals")["hospitals"]
    assert [each["name"] for each in found] == [each.name for each in known]
    valencia = next(each for each in found if each["name"] == "Valencia")
    assert valencia == api.get("/v1/hospitals/Valencia")
    assert any(each["kind"] == "feed" for each in valencia["alarms"])
    assert 0 < valencia["budget_left"] <= valencia["budget"]
    states = {each["name"]: each["state"] for each in found}
    assert (states["Torino"], states["Coimbra"]) == ("silent", "waiting")


def test_runs_come_page_by_page(api: Api, home: CoordinatorHome) -> None:
    everything = [each.id for each in reversed(RunStore(home.engine()).all())]
    listed: list[str] = []
    before = ""
    while True:
        page = api.get(f"/v1/runs?limit=7&before={before}")
        listed += [each["id"] for each in page["runs"]]
        if page["next"] is None:
            break
        before = page["next"]
    assert listed == everything
    watches = api.get("/v1/runs?kind=watch&status=completed")["runs"]
    assert watches
    assert {(each["kind"], each["status"]) for each in watches} == {("watch", "completed")}


def test_each_round_says_who_was_in_it(api: Api, home: CoordinatorHome) -> None:
    run = next(
        each.id
        for each in RunStore(home.engine()).all()
        if any(record.left_out for record in RunStore(home.engine()).rounds(each.id))
    )
    rounds = api.get(f"/v1/runs/{run}/rounds")["rounds"]
    missed = next(each for each in rounds if each["left_out"])
    assert set(missed["invited"]) == set(missed["answered"]) | set(missed["left_out"])
    assert all(missed["left_out"].values())


def test_metrics_carry_intervals_and_rows(api: Api) -> None:
    (best, *_) = api.get(f"/v1/runs/{WAITING}/metrics")["models"]
    for scores in (best["overall"], *best["by_hospital"].values()):
        share = scores["accuracy"]
        assert share["low"] < share["value"] < share["high"]
        assert share["rows"] == scores["rows"] > 0
    rare = min(best["by_class"], key=lambda each: each["recall"]["rows"])
    common = max(best["by_class"], key=lambda each: each["recall"]["rows"])
    assert width(rare["recall"]) > width(common["recall"])
    assert api.get("/v1/runs/run-0030/metrics")["models"] == []


def width(share: dict[str, float]) -> float:
    return share["high"] - share["low"]


def test_a_model_has_its_reasons_in_words(api: Api, home: CoordinatorHome) -> None:
    found = api.get(f"/v1/models/{WAITING}")
    candidate = CandidateStore(home.engine()).read(WAITING)
    assert candidate.decision is not None
    assert len(found["reasons"]) == len(candidate.decision.reasons) + len(candidate.concerns)
    for reason in found["reasons"]:
        assert reason["text"]["en"] != reason["text"]["es"]
    assert found["possible"] == ["promote", "reject"]
    assert [each["after"] for each in found["steps"]][-1] == found["state"]
    listed = next(each for each in api.get("/v1/models")["models"] if each["id"] == WAITING)
    assert listed.items() <= found.items()


def test_drift_can_be_narrowed_down(api: Api) -> None:
    watches = api.get("/v1/drift?days=60")["watches"]
    assert [each["made_at"] for each in watches] == sorted(
        (each["made_at"] for each in watches), reverse=True
    )
    alarms = api.get("/v1/drift?days=3&hospital=Valencia&state=alarm")["watches"][0]["verdicts"]
    assert alarms
    assert {(each["hospital"], each["state"]) for each in alarms} == {("Valencia", "alarm")}


def test_a_report_is_the_page_that_the_run_left(api: Api, home: CoordinatorHome) -> None:
    folder = home.runs / "run-0026"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text("<!doctype html><title>Review</title>", encoding="utf-8")
    assert api.get("/v1/runs/run-0026")["reports"] == ["committee", "review"]
    answer = api.call("GET", "/v1/runs/run-0026/reports/review")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Review</title>" in answer.text
    assert "run-0026" in api.call("GET", "/v1/runs/run-0026/reports/committee").text
    # Opened in a browser, nothing in it can run.
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/hospitals/Nowhere",
        "/v1/hospitals/Porto/kit",
        "/v1/runs/run-9999",
        "/v1/runs/run-9999/rounds",
        "/v1/runs/run-0026/reports/secret",
        "/v1/models/none",
        "/v1/queue/999",
    ],
)
def test_what_is_not_there_says_so(api: Api, path: str) -> None:
    answer = api.call("GET", path, "coordinator")
    assert (answer.status_code, answer.headers["content-type"]) == (
        404,
        "application/problem+json",
    )
