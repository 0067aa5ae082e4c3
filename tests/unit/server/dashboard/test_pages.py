"""Who sees which page, what forms do, and what no page lets through."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import delete, update

from server.accounts.services import open_accounts
from server.database import candidates, hospitals, now, runs
from server.enrolment.hospitals import list_hospitals
from server.home import CoordinatorHome
from server.promotion.candidate_store import CandidateStore
from server.scheduling.queue import RunQueue
from shared.node_keys import key_fingerprint
from tests.sample_federation import IN_USE, WAITING
from tests.unit.server.dashboard.conftest import Visitor

Visit = Callable[[str], Visitor]
KEY = (
    ec.generate_private_key(ec.SECP384R1())
    .public_key()
    .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    .decode()
)
READ = (
    "/",
    "/runs",
    "/runs?kind=watch",
    "/runs?before=run-0010",
    "/runs/run-0013",
    "/runs/run-0029",
    "/runs/run-0030",
    "/parts/glance",
    "/parts/runs/run-0030",
    "/results",
    "/results?run=run-0002",
    "/models",
    f"/models/{IN_USE}",
    "/drift",
    "/drift?hospital=federation&days=14",
    "/drift?feature=age",
    "/drift?hospital=Nobody&feature=nothing&run=none&days=3",
    "/hospitals",
    "/hospitals/Torino",
    "/hospitals/Coimbra",
    "/schedule",
    "/records",
    "/records?group=candidate&actor=ines.prado",
    "/password",
)


@pytest.mark.parametrize("language", ["en", "es"])
def test_viewers_see_everything_and_no_error_in_both_languages(
    visitor: Visit, language: str
) -> None:
    viewer = visitor("vera.costa")
    for path in READ:
        answer = viewer.get(path, headers={"accept-language": language})
        assert answer.status_code == 200, path
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        if not path.startswith("/parts"):
            assert f'<html lang="{language}">' in answer.text


# What people wrote themselves in the sample federation, in their own language.
WRITTEN_BY_PEOPLE = (
    "For the annual report.",
    "Age at diagnosis, for the annual report.",
    "Before the committee of Thursday.",
    "Drift of age and two more features at Porto.",
)
# Words that no Spanish sentence has.
ENGLISH = {
    *("the", "of", "and", "was", "were", "is", "are", "it", "its", "for", "with", "by", "out"),
    *("hospitals", "failed", "answered", "took", "left", "because", "reached", "trained", "rows"),
}


def test_spanish_pages_say_nothing_in_english(visitor: Visit) -> None:
    viewer = visitor("vera.costa")
    for path in READ:
        page = viewer.get(path, headers={"accept-language": "es"}).text
        page = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
        for line in re.sub(r"<[^>]+>", "\n", page).splitlines():
            own = line
            for written in WRITTEN_BY_PEOPLE:
                own = own.replace(written, "")
            assert len(ENGLISH & set(re.findall(r"[a-z]+", own.lower()))) < 2, (path, line.strip())


def test_nobody_sees_anything_without_signing_in(visitor: Visit) -> None:
    nobody = visitor("")
    for path in (*READ, "/events", "/people", f"/models/{WAITING}/promote"):
        answer = nobody.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in?back=")


FORMS: dict[str, dict[str, str]] = {
    f"/models/{WAITING}/promote": {"revision": "3", "reason": "Because."},
    f"/models/{WAITING}/reject": {"revision": "3", "reason": "Because."},
    "/hospitals": {"name": "Braga"},
    "/hospitals/Porto/replace": {"sure": "yes"},
    "/schedule": {"kind": "watch", "reason": "Because."},
    "/schedule/3/cancel": {},
    "/people": {"name": "new.one", "role": "viewer"},
    "/people/vera.costa/role": {"role": "administrator"},
}


def test_viewers_change_nothing(visitor: Visit, home: CoordinatorHome) -> None:
    viewer = visitor("vera.costa")
    assert {viewer.fill(path, **form) for path, form in FORMS.items()} == {403}
    assert CandidateStore(home.engine()).read(WAITING).revision == 3
    assert "Braga" not in {each.name for each in list_hospitals(home.engine())}


def test_coordinators_administer_no_accounts(visitor: Visit) -> None:
    coordinator = visitor("ines.prado")
    assert coordinator.get("/people").status_code == 403
    assert coordinator.fill("/people", name="new.one", role="administrator") == 403


def test_forms_of_another_session_or_site_change_nothing(
    visitor: Visit, home: CoordinatorHome
) -> None:
    administrator = visitor("ada.lopez")
    for path, form in FORMS.items():
        assert administrator.post(path, data=form).status_code == 403, path
        foreign = administrator.post(
            path, data={**form, "form_token": "0" * 64}, headers={"origin": "https://example.org"}
        )
        assert foreign.status_code == 403, path
    assert CandidateStore(home.engine()).read(WAITING).revision == 3
    assert len(RunQueue(home.engine()).waiting()) == 1


def test_a_decision_about_what_changed_meanwhile_is_refused(
    visitor: Visit, home: CoordinatorHome
) -> None:
    store = CandidateStore(home.engine())
    store.move(store.read(WAITING), "rejected", "marc.vidal", "Not now.")
    answer = visitor("ines.prado").post(
        f"/models/{WAITING}/promote", data={"revision": "3", "form_token": ""}
    )
    assert answer.status_code == 403
    ines = visitor("ines.prado")
    assert ines.fill(f"/models/{WAITING}/promote", revision="3", reason="Now.") == 409
    assert store.read(WAITING).state == "rejected"


def test_a_reason_is_asked_for_where_the_gate_could_not_tell(visitor: Visit) -> None:
    ines = visitor("ines.prado")
    assert ines.fill(f"/models/{WAITING}/promote", revision="3", reason="  ") == 422
    assert ines.fill(f"/models/{IN_USE}/rollback", revision="5", reason="") == 422


def test_a_run_that_is_asked_for_carries_who_and_why(visitor: Visit, home: CoordinatorHome) -> None:
    ines = visitor("ines.prado")
    assert ines.fill("/schedule", kind="learn", reason="New records.", urgent="yes") == 303
    asked = RunQueue(home.engine()).all()[-1]
    assert (asked.kind, asked.reason, asked.requested_by) == (
        "learn",
        "New records.",
        "ines.prado",
    )
    assert RunQueue(home.engine()).next() == asked
    assert ines.fill("/schedule", kind="learn", reason="") == 422
    assert ines.fill("/schedule", kind="learn", reason="So.", settings="../secret.toml") == 422
    entries = open_accounts(home).log.find(action="run.")
    assert [(each.action, each.outcome) for each in entries[:2]] == [
        ("run.request", "refused"),
        ("run.request", "refused"),
    ]


def test_administrators_make_accounts_with_a_link_that_is_shown_once(
    visitor: Visit, home: CoordinatorHome
) -> None:
    ada = visitor("ada.lopez")
    answer = ada.post("/people", data={"name": "New.One", "role": "viewer", **token_of(ada)})
    assert "/sign-in/link/" in answer.text
    assert "/sign-in/link/" not in ada.get("/people").text
    assert ada.fill("/people/new.one/disable") == 303
    assert open_accounts(home).store.get("new.one").state == "disabled"
    assert ada.fill("/people/ada.lopez/role", role="viewer") == 422


def token_of(visitor: Visitor) -> dict[str, str]:
    from shared.web.security import form_token

    return {"form_token": form_token(visitor.session)}


def test_what_is_not_there_and_what_fails_says_so(visitor: Visit, home: CoordinatorHome) -> None:
    viewer = visitor("vera.costa")
    for path in ("/nothing", "/runs/run-9999", "/runs/run-0001/review", "/models/none"):
        answer = viewer.get(path)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
        assert 'aria-label="Pages"' in answer.text
    (home.path / "schedule.toml").write_text("calendar = 3")
    assert "schedule.toml cannot be used" in viewer.get("/schedule").text


def test_an_empty_federation_has_a_page_for_everything(
    visitor: Visit, home: CoordinatorHome
) -> None:
    with home.engine().begin() as connection:
        for table in (hospitals, candidates, runs):
            connection.execute(delete(table))
    viewer = visitor("vera.costa")
    for path in ("/", "/runs", "/results", "/models", "/hospitals", "/schedule", "/records"):
        assert viewer.get(path).status_code == 200, path


def test_a_node_that_the_superlink_cannot_forget_stays(
    visitor: Visit, home: CoordinatorHome
) -> None:
    ines = visitor("ines.prado")
    assert ines.fill("/hospitals/Porto/replace") == 422
    assert ines.fill("/hospitals/Porto/replace", sure="yes") == 422
    porto = next(each for each in list_hospitals(home.engine()) if each.name == "Porto")
    assert porto.state == "joined"
    entry = open_accounts(home).log.find(action="hospital.replace")[0]
    assert (entry.outcome, entry.actor) == ("refused", "ines.prado")


def test_administrators_make_tokens_that_are_shown_once(
    visitor: Visit, home: CoordinatorHome
) -> None:
    ada, accounts = visitor("ada.lopez"), open_accounts(home)
    form = {"name": "nightly", "account": "ines.prado", "role": "coordinator", "days": "30"}
    assert visitor("ines.prado").fill("/people/tokens", **form) == 403
    shown = ada.post("/people/tokens", data={**form, **token_of(ada)}).text
    token = shown.partition('<pre class="once">')[2].partition("<")[0]
    found = accounts.api_tokens.holder(token)
    assert found is not None
    assert (found[0].name, found[1].name, found[1].role) == ("nightly", "ines.prado", "coordinator")
    assert token not in ada.get("/people").text
    assert "nightly" in ada.get("/people").text
    # No more than its account may, and no name twice.
    assert ada.fill("/people/tokens", **{**form, "name": "x", "role": "administrator"}) == 422
    assert ada.fill("/people/tokens", **form) == 422
    assert ada.fill("/people/tokens/nightly/revoke") == 303
    assert accounts.api_tokens.holder(token) is None
    outcomes = [(each.action, each.outcome) for each in accounts.log.find(action="token.")]
    assert outcomes == [
        ("token.revoke", "done"),
        ("token.add", "refused"),
        ("token.add", "refused"),
        ("token.add", "done"),
    ]


def test_who_signs_in_at_a_provider_gets_no_password_here(
    visitor: Visit, home: CoordinatorHome
) -> None:
    open_accounts(home).store.add("eva", "viewer", "https://login.example", "s-1")
    ada = visitor("ada.lopez")
    answer = ada.post("/people/eva/link", data=token_of(ada))
    assert answer.status_code == 422
    assert "/sign-in/link/" not in answer.text


def test_a_hospital_that_waits_can_be_kept_out(home: CoordinatorHome, visitor: Visit) -> None:
    ines = visitor("ines.prado")
    with home.engine().begin() as connection:
        values = {"node_id": None, "public_key": KEY}
        connection.execute(update(hospitals).where(hospitals.c.name == "Lyon").values(values))
    page = ines.get("/hospitals/Lyon").text
    assert "waits to be let in" in page
    assert key_fingerprint(KEY) in page
    assert "Lyon used its kit" in ines.get("/").text
    assert ines.fill("/hospitals/Lyon/refuse") == 303
    assert "Lyon" not in {each.name for each in list_hospitals(home.engine())}
    assert open_accounts(home).log.find(action="hospital.refuse")[0].subject == "Lyon"


def test_shutting_out_takes_a_reason_a_promise_and_the_superlink(
    home: CoordinatorHome, visitor: Visit
) -> None:
    ines = visitor("ines.prado")
    assert ines.fill("/hospitals/Porto/revoke", sure="yes") == 422
    # Its key cannot be taken back while no SuperLink runs: nothing changes, and it is said.
    assert ines.fill("/hospitals/Porto/revoke", sure="yes", because="Its key was copied.") == 422
    porto = next(each for each in list_hospitals(home.engine()) if each.name == "Porto")
    assert porto.state == "joined"
    with home.engine().begin() as connection:
        values = {"node_id": None, "ended_as": "left", "ended_at": now()}
        connection.execute(update(hospitals).where(hospitals.c.name == "Porto").values(values))
    assert "Porto has left the federation" in ines.get("/hospitals/Porto").text
    assert ines.get("/hospitals").status_code == ines.get("/").status_code == 200
