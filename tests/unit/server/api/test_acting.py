"""What programs change: once, with their name in the records, and never over somebody else."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from server.accounts.services import open_accounts
from server.database import hospitals
from server.enrolment.hospitals import list_hospitals
from server.home import CoordinatorHome
from server.notifications.noticing import Writer
from server.notifications.outbox import Outbox
from server.notifications.settings import NotificationSettings
from server.promotion.candidate_store import CandidateStore
from server.scheduling.queue import RunQueue
from shared.enrolment import Kit
from tests.integration.registered_models import register_models
from tests.sample_federation import IN_USE, WAITING
from tests.unit.server.api.conftest import Api


def last(home: CoordinatorHome) -> tuple[str, str, str, str, str]:
    entry = open_accounts(home).log.find(limit=1)[0]
    return entry.actor, entry.through, entry.action, entry.subject, entry.outcome


def test_of_two_who_decide_at_once_one_is_done(api: Api, home: CoordinatorHome) -> None:
    register_models(home)

    def reject(number: int) -> int:
        return api.post(f"/v1/models/{WAITING}/reject", reason=f"Reason {number}.").status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(reject, range(4)))
    assert statuses == [200, 409, 409, 409]
    store = CandidateStore(home.engine())
    assert store.read(WAITING).state == "rejected"
    assert [each.after for each in store.transitions(WAITING)].count("rejected") == 1
    entries = open_accounts(home).log.find(action="candidate.reject")[:4]
    assert sorted(each.outcome for each in entries) == ["done", "refused", "refused", "refused"]


def test_a_decision_about_what_was_seen_before_is_refused(api: Api, home: CoordinatorHome) -> None:
    seen = api.get(f"/v1/models/{WAITING}")["revision"]
    store = CandidateStore(home.engine())
    store.move(store.read(WAITING), "waits_for_approval", "loop", "Judged again.")
    answer = api.post(f"/v1/models/{WAITING}/reject", reason="No.", revision=seen)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:juntos:problem:decided-meanwhile",
    )
    assert "Judged again." in answer.json()["detail"]
    assert store.read(WAITING).state == "waits_for_approval"


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{WAITING}/promote", 422), (f"{IN_USE}/rollback", 422), (f"{IN_USE}/promote", 409)],
)
def test_a_reason_is_asked_for_and_what_cannot_be_is_a_conflict(
    api: Api, home: CoordinatorHome, path: str, status: int
) -> None:
    assert api.post(f"/v1/models/{path}", reason="  ").status_code == status
    assert last(home)[-1] == "refused"


def test_a_run_is_asked_for_and_taken_back(api: Api, home: CoordinatorHome) -> None:
    asked = api.post("/v1/queue", kind="learn", reason="New records.", urgent=True)
    assert asked.status_code == 202
    request = RunQueue(home.engine()).next()
    assert request is not None
    assert (request.id, request.requested_by) == (asked.json()["id"], "ines.prado")
    assert last(home) == ("ines.prado", "token", "run.request", "learn", "done")
    detail = open_accounts(home).log.find(limit=1)[0].detail
    assert detail == "token coordinator-program; New records."
    path = f"/v1/queue/{request.id}"
    assert api.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert api.post(f"{path}/cancel").status_code == 409
    assert last(home) == ("ines.prado", "token", "run.cancel", str(request.id), "refused")
    assert api.get(path)["message"] == "Cancelled by ines.prado."
    wrong = api.post("/v1/queue", kind="learn", reason="So.", settings={"models": ["oracle"]})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:juntos:problem:refused")


def test_a_hospital_is_invited_and_its_kit_fetched(api: Api, home: CoordinatorHome) -> None:
    answer = api.post("/v1/hospitals", name="Braga")
    assert answer.status_code == 201
    assert answer.json()["kit"] == "/v1/hospitals/Braga/kit"
    kit = api.call("GET", "/v1/hospitals/Braga/kit", "coordinator")
    assert Kit.model_validate(tomllib.loads(kit.text)).hospital == "Braga"
    assert kit.headers["content-type"] == "application/toml"
    assert "Braga" in {each.name for each in list_hospitals(home.engine())}
    done = [each.action for each in open_accounts(home).log.find(subject="Braga")]
    assert done == ["hospital.kit", "hospital.enrol"]
    # Its token is nowhere but in the kit.
    assert Kit.model_validate(tomllib.loads(kit.text)).token not in answer.text


def test_sent_twice_it_is_done_once(api: Api, home: CoordinatorHome) -> None:
    def ask(key: str, reason: str = "Once.") -> tuple[int, str, str]:
        answer = api.call(
            "POST",
            "/v1/queue",
            "coordinator",
            json={"kind": "watch", "reason": reason},
            headers={"Idempotency-Key": key},
        )
        return (
            answer.status_code,
            answer.text,
            answer.headers.get("idempotency-replayed", ""),
        )

    first, again = ask("a"), ask("a")
    assert (first[0], first[2], again[2]) == (202, "", "true")
    assert first[:2] == again[:2]
    assert ask("b")[1] != first[1]
    assert len(RunQueue(home.engine()).all()) == len(api.get("/v1/queue?limit=500")["requests"])
    status, text, _ = ask("a", "Another.")
    assert (status, "idempotency-key-reused" in text) == (409, True)
    asked = [each.reason for each in RunQueue(home.engine()).all()].count("Once.")
    assert asked == 2
    # What was refused is looked at anew.
    assert [ask("c", " ")[0], ask("c", " ")[2]] == [422, ""]
    assert ask("c")[0] == 202


def test_sent_twice_at_once_it_is_done_once(api: Api, home: CoordinatorHome) -> None:
    def ask(_number: int) -> int:
        headers = {"Idempotency-Key": "same"}
        body = {"kind": "watch", "reason": "At once."}
        answer = api.call("POST", "/v1/queue", "coordinator", json=body, headers=headers)
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(ask, range(4)))
    assert statuses <= {202, 409}
    assert [each.reason for each in RunQueue(home.engine()).all()].count("At once.") == 1


def test_the_schedule_is_replaced_as_it_was_seen(api: Api, home: CoordinatorHome) -> None:
    found = api.call("GET", "/v1/schedule")
    schedule, seen = found.json()["schedule"], found.headers["etag"]
    schedule["maximum_hours"] = 5

    def put(etag: str, content: object) -> int:
        headers = {"If-Match": etag}
        return api.call(
            "PUT", "/v1/schedule", "coordinator", json=content, headers=headers
        ).status_code

    before = (home.path / "schedule.toml").read_text()
    assert put(seen, schedule) == 200
    assert api.get("/v1/schedule")["schedule"] == schedule
    assert (home.path / "schedule.toml.before").read_text() == before
    assert "ines.prado" in (home.path / "schedule.toml").read_text().splitlines()[0]
    assert put(seen, schedule | {"maximum_hours": 6}) == 412
    assert put("*", schedule | {"maximum_hours": 7}) == 200
    calendar = [{"name": "x", "cron": "not cron"}]
    assert put("*", {"calendar": calendar}) == 422
    missing = [{"name": "x", "cron": "0 2 * * *", "settings": "absent.toml"}]
    assert put("*", {"calendar": missing}) == 422
    assert api.get("/v1/schedule")["schedule"]["maximum_hours"] == 7
    assert last(home) == ("ines.prado", "token", "schedule.write", "schedule.toml", "refused")


def test_accounts_and_tokens_are_made(api: Api, home: CoordinatorHome) -> None:
    made = api.post("/v1/accounts", "administrator", name="New.One", role="viewer")
    assert (made.status_code, made.json()["state"]) == (201, "invited")
    link = api.post("/v1/accounts/new.one/link", "administrator").json()["link"]
    accounts = open_accounts(home)
    invited = accounts.tokens.invited(link.rpartition("/")[2])
    assert invited is not None
    assert invited.name == "new.one"
    token = api.post(
        "/v1/tokens", "administrator", name="ci", account="new.one", role="viewer"
    ).json()["token"]
    assert accounts.api_tokens.holder(token) is not None
    more = api.post("/v1/tokens", "administrator", name="x", account="new.one", role="coordinator")
    assert more.status_code == 422
    assert token not in str(api.get("/v1/tokens", "administrator"))
    assert token not in str(api.get("/v1/actions?limit=500"))
    assert link.rpartition("/")[2] not in str(api.get("/v1/actions?limit=500"))
    taken = api.call("PATCH", "/v1/accounts/ada.lopez", "administrator", json={"role": "viewer"})
    assert taken.status_code == 422


def test_records_can_be_searched(api: Api) -> None:
    api.post("/v1/queue", kind="watch", reason="One.")
    api.post("/v1/queue", kind="watch", reason="Two.")
    page = api.get("/v1/actions?action=run.&actor=ines.prado&limit=1")
    assert page["actions"][0]["detail"].endswith("Two.")
    following = api.get(f"/v1/actions?action=run.&limit=1&before={page['next']}")
    assert following["actions"][0]["detail"].endswith("One.")


def test_sign_offs_are_given_and_withdrawn(api: Api, home: CoordinatorHome) -> None:
    given = api.post("/v1/sign-offs", name="Dr. Silva", ends_on="2999-01-01", least_gain=0.01)
    assert given.status_code == 201
    number = given.json()["id"]
    assert api.post(f"/v1/sign-offs/{number}/withdraw").status_code == 200
    assert api.post(f"/v1/sign-offs/{number}/withdraw").status_code == 409
    assert api.post("/v1/sign-offs/99/withdraw").status_code == 404
    assert api.post("/v1/sign-offs", name="Dr. Silva", ends_on="2001-01-01").status_code == 422
    assert last(home) == ("ines.prado", "token", "sign_off.give", "Dr. Silva", "refused")


def test_a_contract_is_proposed_and_published(api: Api, home: CoordinatorHome) -> None:
    current = home.contracts().current()
    text = api.call("GET", f"/v1/contracts/{current.version}").text
    assert text == current.text
    changed = text.replace(f'version = "{current.version}"', 'version = "2.0.0"', 1)
    changed = changed.replace("maximum = 120\n", "maximum = 110\n", 1)
    proposed = api.post("/v1/contracts", text=changed)
    assert proposed.status_code == 201, proposed.text
    assert "age" in proposed.json()["changes"][0]["what"]
    states = {each["version"]: each["state"] for each in api.get("/v1/contracts")["contracts"]}
    assert states == {current.version: "current", "2.0.0": "proposed"}
    published = api.post("/v1/contracts/2.0.0/publish")
    assert "Porto" in published.json()["waiting"]
    assert api.get("/v1/federation")["contract"]["version"] == "2.0.0"
    assert api.post("/v1/contracts/2.0.0/publish").status_code == 422
    assert last(home) == ("ines.prado", "token", "contract.publish", "2.0.0", "refused")
    # A version is no file of this machine.
    assert api.post("/v1/contracts/coordinator.toml/publish").status_code == 404


def test_what_people_were_told_of_is_listed(api: Api, home: CoordinatorHome) -> None:
    assert api.get("/v1/notices") == {"notices": []}
    written = Writer().write("test", "test", "/")
    settings = NotificationSettings.model_validate({})
    Outbox(home.engine()).note([written], settings)
    (notice,) = api.get("/v1/notices")["notices"]
    assert (notice["kind"], notice["title"]["es"]) == ("test", written.title["es"])


def test_a_registry_that_fails_is_said_to(api: Api, home: CoordinatorHome) -> None:
    # Here no model is registered, so the loop itself cannot take this one any further.
    answer = api.post(f"/v1/models/{WAITING}/reject", reason="No.")
    assert (answer.status_code, answer.json()["type"]) == (
        503,
        "urn:juntos:problem:registry-unavailable",
    )
    assert last(home) == ("ines.prado", "token", "candidate.reject", WAITING, "refused")


def test_a_hospital_that_waits_is_kept_out_once(api: Api, home: CoordinatorHome) -> None:
    waits = update(hospitals).where(hospitals.c.name == "Coimbra")
    with home.engine().begin() as connection:
        connection.execute(waits.values(joined_at="2026-11-01T10:00:00+00:00", public_key="ecdsa"))
    assert api.get("/v1/hospitals/Coimbra")["state"] == "pending"
    assert api.post("/v1/hospitals/Coimbra/refuse").status_code == 204
    assert last(home) == ("ines.prado", "token", "hospital.refuse", "Coimbra", "done")
    assert api.post("/v1/hospitals/Coimbra/refuse").status_code == 404
    # One that is in does not wait, and one that never came cannot be shut out.
    assert api.post("/v1/hospitals/Porto/approve").status_code == 409
    api.post("/v1/hospitals", name="Braga")
    assert api.post("/v1/hospitals/Braga/revoke", because="A mistake.").status_code == 409
    # Its key cannot be taken back while no SuperLink runs, so it stays in.
    assert api.post("/v1/hospitals/Porto/revoke", because="Its key leaked.").status_code == 503
    assert api.get("/v1/hospitals/Porto")["state"] == "up"
