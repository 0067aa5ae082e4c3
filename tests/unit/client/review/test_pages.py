"""The review's pages, without a window: what they show, and what their forms do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from client.privacy.tables import SCHEMA
from client.review.book import new_request
from client.review.decisions import CorrectClass, Exclude, Keep, Rule
from client.review.desk import Desk
from client.review.items import Concern
from client.review.pages import PREFIX
from client.review.routes import review_pages
from client.web.application import create_application
from client.web.pages import SESSION_COOKIE, node_pages
from client.web.people import People
from client.web.signing_in import SignedIn
from shared.web.security import form_token
from tests.unit.client.review.answers import answer, question
from tests.unit.client.review.conftest import OpenDesk, diagnosis

XSS = '<script>alert("Garcia1957")</script>'


class Site:
    """The pages for one desk, and browsers of several readers."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.desk: Desk | None = None
        pages = node_pages("lyon")
        router = review_pages(self.current, pages, SignedIn(people))
        self.application = create_application(people, pages, [router], PREFIX)

    def current(self) -> Desk:
        assert self.desk
        return self.desk

    def browser(self, name: str = "ana", language: str = "en") -> TestClient:
        browser = TestClient(
            self.application,
            base_url="http://127.0.0.1:8000",
            follow_redirects=False,
            headers={"accept-language": language},
        )
        token = self.people.invite(name, timedelta(hours=1))
        browser.post("/sign-in", data={"token": token})
        return browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    engine = SCHEMA.open(f"sqlite:///{tmp_path / 'people.db'}")
    yield Site(People(engine))
    engine.dispose()


def send(browser: TestClient, path: str, **fields: str) -> str:
    """Send a form as a page of this session would; return where it leads."""
    answer = post(browser, path, **fields)
    assert answer[0] == 303, answer[1]
    return answer[2]


def post(browser: TestClient, path: str, **fields: str) -> tuple[int, str, str]:
    own = {
        "form_token": form_token(browser.cookies.get(SESSION_COOKIE) or ""),
        "request": new_request(),
    }
    answer = browser.post(PREFIX + path, data={**own, **fields})
    return answer.status_code, answer.text, answer.headers.get("location", "")


def path_of(desk: Desk, place: int) -> str:
    return f"/questions/{question(desk, place).item.id}"


def test_the_queue_says_first_what_waits(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk()
    page = site.browser().get(PREFIX).text
    assert "<h1>5 questions wait for you</h1>" in page
    assert page.index("Is “") < page.index("Row</th>") + 1000
    answer(site.desk, 0, Keep())
    assert "<h1>4 questions wait for you</h1>" in site.browser().get(PREFIX).text
    decided = site.browser().get(PREFIX, params={"show": "decided"}).text
    assert "✓" in decided
    assert decided.count("data-row") == 1


def test_an_empty_queue_says_how_it_is_filled(site: Site, open_desk: OpenDesk) -> None:
    from client.review.items import replace_items

    site.desk = open_desk()
    replace_items(site.desk.engine, [])
    page = site.browser().get(PREFIX).text
    assert "The queue was not filled yet" in page
    assert "juntos node review fill" in page


def test_a_question_shows_record_model_and_cases(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk(diagnosis(4))
    page = site.browser().get(PREFIX + path_of(site.desk, 0)).text
    record = site.desk.loaded.records.table.iloc[4]
    assert f"{record['maximum_heart_rate']:.6g} /min" in page
    assert "gives the recorded diagnosis 10%, and 90% to “Heart disease, grade 2”" in page
    assert len(re.findall(r"distance \d", page)) == site.desk.settings.similar_cases
    assert "row 6 of the source" in page
    spanish = site.browser(language="es").get(PREFIX + path_of(site.desk, 0)).text
    assert "años" in spanish
    assert "¿Es «" in spanish
    assert "90 %" in spanish


def test_an_answer_leads_to_the_next_question_and_can_be_undone(
    site: Site, open_desk: OpenDesk
) -> None:
    site.desk = open_desk()
    browser = site.browser("Dr. Ana Ruiz")
    ids = [each.item.id for each in site.desk.standing().questions]
    lead = send(browser, f"/questions/{ids[0]}", kind="class", code="grade_4", seen="0")
    assert lead == f"{PREFIX}/questions/{ids[1]}?done=1"
    assert "Entry 1 is written." in browser.get(lead).text
    assert question(site.desk, 0).consensus.decision == CorrectClass(code="grade_4")
    assert site.desk.decided()[0].entry.reader == "Dr. Ana Ruiz"
    send(browser, "/undo", entry="1")
    assert question(site.desk, 0).state == "open"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose one of the answers."),
        ({"kind": "class", "code": "grade_9"}, "no such diagnosis"),
        ({"kind": "value", "feature": "age", "value": "900"}, "from 0 to 120 years"),
        ({"kind": "value", "feature": "password", "value": "1"}, "no such feature"),
        ({"kind": "drop table"}, "Choose one of the answers."),
    ],
)
def test_a_wrong_answer_is_shown_again_with_what_is_wrong(
    site: Site, open_desk: OpenDesk, fields: dict[str, str], words: str
) -> None:
    site.desk = open_desk()
    status, page, _ = post(
        site.browser(), path_of(site.desk, 0), seen="0", comment="my reason", **fields
    )
    assert status == 422
    assert words in page
    assert ">my reason</textarea>" in page
    assert site.desk.decided() == []


def test_what_a_reader_writes_is_shown_and_never_run(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk()
    browser = site.browser(XSS)
    send(browser, path_of(site.desk, 0), kind="exclude", seen="0", comment=XSS)
    send(browser, "/rules", feature="age", when="code", cell=XSS, meaning="lost", step="apply")
    for path in ("", "/rules", "/progress", path_of(site.desk, 0)):
        page = browser.get(PREFIX + path).text
        assert "Garcia1957" in page
        assert "<script>alert" not in page
    assert post(browser, path_of(site.desk, 1), kind="value", value=XSS, seen="0")[0] == 422


def test_an_answer_over_one_that_was_not_seen_is_shown_with_it(
    site: Site, open_desk: OpenDesk
) -> None:
    site.desk = open_desk()
    path = path_of(site.desk, 0)
    ana, luis = site.browser("ana"), site.browser("luis")
    send(ana, path, kind="class", code="grade_4", seen="0")
    status, page, _ = post(luis, path, kind="keep", seen="0")
    assert status == 409
    assert "Somebody else answered this question" in page
    assert "diagnosis is Heart disease, grade 4" in page
    # The form that comes back has seen it.
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    assert seen[1] == "1"
    send(luis, path, kind="keep", seen="1")


def test_a_reader_does_not_see_the_other_reader(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk(readers=2)
    path = path_of(site.desk, 0)
    ana, luis = site.browser("ana"), site.browser("luis")
    send(ana, path, kind="class", code="grade_4", seen="0", comment="Garcia1957")
    rule = {"feature": "age", "when": "empty", "meaning": "lost", "step": "apply"}
    send(ana, "/rules", **rule, comment="Garcia1957")
    for page in ("/rules", "/progress", path):
        shown = luis.get(PREFIX + page).text
        assert "Garcia1957" not in shown
        assert "diagnosis is Heart" not in shown
        assert "measured and lost" not in shown.split("<form")[0]
    assert "You answered: diagnosis is Heart disease, grade 4." in ana.get(PREFIX + path).text
    send(luis, path, kind="exclude", seen="0")
    third = site.browser("eva").get(PREFIX + path).text
    assert "diagnosis is Heart disease, grade 4" in third
    assert "On 1 question two readers disagree" in site.browser("eva").get(PREFIX).text


def test_a_rule_is_counted_before_it_is_made(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk()
    browser = site.browser()
    empty = int(site.desk.loaded.records.table["exercise_angina"].isna().sum())
    fields = {"feature": "exercise_angina", "when": "empty", "meaning": "normal", "becomes": "no"}
    status, page, _ = post(browser, "/rules", **fields, step="preview")
    assert status == 200
    assert f"{empty} of 30 records match." in page
    assert site.desk.decided() == []
    assert send(browser, "/rules", **fields, step="apply") == f"{PREFIX}/rules"
    assert "<h1>1 rule was made</h1>" in browser.get(PREFIX + "/rules").text
    progress = browser.get(PREFIX + "/progress").text
    assert re.search(rf'{empty}</td><td class="number change">0<', progress)
    status, page, _ = post(browser, "/rules", feature="age", when="empty", meaning="normal")
    assert status == 422
    assert "What is normal for “Age at examination” is not said" in page


def test_what_a_cell_means_is_asked_with_how_often_it_is_empty(
    site: Site, open_desk: OpenDesk
) -> None:
    concern = Concern(
        question="empty",
        feature="exercise_angina",
        severity=0.6,
        suspicion=0.3,
        because={"en": "It is often empty.", "es": "Está a menudo vacío."},
    )
    site.desk = open_desk(concern)
    browser = site.browser()
    path = path_of(site.desk, 0)
    page = browser.get(PREFIX + path).text
    assert "What does an empty “Angina brought on by exercise” mean?" in page
    assert "It is often empty." in page
    assert "Empty, by diagnosis" in page
    send(browser, path, kind="null", meaning="normal", becomes="no", seen="0")
    assert site.desk.overlay().rules == (
        Rule(feature="exercise_angina", when="empty", meaning="normal", becomes=0.0),
    )


def test_a_question_about_one_value_can_be_answered_by_why_it_is_missing(
    site: Site, open_desk: OpenDesk
) -> None:
    concern = Concern(
        question="record",
        kind="outlier",
        feature="age",
        row=3,
        severity=0.6,
        suspicion=0.5,
        asks={"en": "Is the value right?", "es": "¿Es correcto el valor?"},
        because={"en": "It is far from others.", "es": "Está lejos."},
    )
    site.desk = open_desk(concern)
    browser = site.browser()
    page = browser.get(PREFIX + path_of(site.desk, 0)).text
    assert "<h1>Age at examination: Is the value right?</h1>" in page
    send(browser, path_of(site.desk, 0), kind="null", meaning="lost", seen="0")
    cell = site.desk.overlaid().loaded.records.table["age"].iloc[3]
    assert cell != cell
    send(browser, path_of(site.desk, 0), kind="value", value="44", seen="1")
    assert site.desk.overlaid().loaded.records.table["age"].iloc[3] == 44


def test_nobody_sees_a_page_without_signing_in(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk()
    stranger = TestClient(site.application, base_url="http://127.0.0.1:8000")
    for path in ("", "/rules", "/progress", path_of(site.desk, 0)):
        answer = stranger.get(PREFIX + path)
        assert answer.status_code == 401
        assert "grade" not in answer.text
    assert stranger.post(PREFIX + "/undo", data={"entry": "1"}).status_code == 401


def test_an_unknown_question_is_said_so(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk()
    assert site.browser().get(PREFIX + "/questions/zzz").status_code == 422
    assert site.browser().get(PREFIX, params={"done": "9" * 400}).status_code == 200


def test_the_progress_page_shows_agreement(site: Site, open_desk: OpenDesk) -> None:
    site.desk = open_desk(readers=2)
    for place in range(4):
        answer(site.desk, place, Keep() if place else Exclude(), "ana")
        answer(site.desk, place, Keep() if place < 3 else Exclude(), "luis")
    page = site.browser().get(PREFIX + "/progress").text
    assert "<h1>2 of 5 questions are decided</h1>" in page
    assert "50%" in page
    (agreement,) = site.desk.agreement()
    assert agreement.kappa is not None
    assert f"{agreement.kappa:.2f} [" in page
