"""The differential is what was written down; nothing else is ever shown."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from client.audit import AuditQuery
from client.clinic.serving import create_clinic, people_of
from client.clinic.wording import Wording
from client.confirmations import Confirmations
from client.monitoring.kept_findings import FOLDER
from client.monitoring.report import PAGE
from client.web.pages import PACKAGES
from shared.web.standalone_page import policy_of, with_way_back
from shared.web.words import words_of
from tests.unit.client.clinic.conftest import BASE, FORM, READER, Clinic, text_of
from tests.unit.client.serving.bundles import CONTRACT

NAMES = {leaf: CONTRACT.classes[leaf].name for leaf in CONTRACT.leaves}


def test_what_is_shown_is_what_was_written_down(clinic: Clinic) -> None:
    number = clinic.ask()
    recorded = clinic.services.audit.get(number)
    assert recorded
    assert recorded.input
    assert recorded.output
    assert recorded.caller == READER
    assert recorded.mode == "shown"
    assert recorded.input["pressure"] == pytest.approx(138.76, abs=0.01)
    page = text_of(clinic.get(f"/answers/{number}"))
    words = words_of("en", PACKAGES)
    for each in recorded.output["ranked"]:
        assert f"{each['name']} {each['code']}" in page
        assert words.percent(each["probability"]) in page
        assert f"{each['training_cases']} cases seen" in page
    for part in (number, recorded.model, recorded.model_digest[:12], recorded.patient[:8]):
        assert part in page
    assert "Something else" in page
    assert "Not enough evidence" in page


def test_reasons_are_those_of_the_model(clinic: Clinic) -> None:
    # Fever tells much about what the label was drawn from.
    number = clinic.ask(**{"v.fever": ""})
    recorded = clinic.services.audit.get(number)
    assert recorded
    assert recorded.output
    case = clinic.services.cases.read({**(recorded.input or {})})
    model = clinic.services.store.active
    page = text_of(clinic.get(f"/answers/{number}"))
    for each in recorded.output["ranked"]:
        explanation = model.explain(case, each["code"])
        kept = recorded.output["clinic"]["reasons"][each["code"]]
        assert [one["words"] for one in kept["for"]] == [
            one.words for one in explanation.supporting[:3]
        ]
        assert len(kept["against"]) <= 1
    found = recorded.output["clinic"]["next"]
    assert found
    assert found[0]["feature"] == "fever"
    assert "To check next Fever On average it takes away" in page


def test_nothing_entered_is_said_not_to_be_enough(clinic: Clinic) -> None:
    empty: dict[str, str | list[str]] = {**dict.fromkeys(FORM, ""), "t.phenotypes": []}
    page = text_of(clinic.get(f"/answers/{clinic.ask(**empty)}"))
    assert page.startswith("Not enough evidence to narrow it down")
    assert "Nothing was entered" in page


def test_an_answer_that_cannot_be_written_down_is_not_given(clinic: Clinic) -> None:
    database = clinic.services.home.path / "node.db"
    file = database if database.exists() else next(clinic.services.home.path.glob("*.db"))
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE audit_entries RENAME TO audit_elsewhere")
    answer = clinic.post(**FORM)
    assert answer.status_code == 503
    page = text_of(answer)
    assert "cannot be written down, so none is given" in page
    assert "The audit store is unavailable" in page
    assert not any(f"{name} {code}" in page for code, name in NAMES.items())
    # The reader need not enter it again.
    assert 'value="61"' in answer.text
    assert clinic.get("/today").status_code == 503


def test_a_diagnosis_is_confirmed_and_found_again(clinic: Clinic) -> None:
    number = clinic.ask()
    assert "1 case waits for a diagnosis" in text_of(clinic.get("/today"))
    answer = clinic.post(f"/answers/{number}", diagnosis="grade_2", source="pathology")
    assert answer.status_code == 200
    assert "✓" in answer.text
    assert "confirmed : Two" in text_of(answer)
    case = Confirmations(clinic.services.audit, CONTRACT).case_of(number)
    assert case is not None
    assert (case.state, case.code, case.history[0].who) == ("confirmed", "grade_2", READER)
    assert case.history[0].source == "pathology"
    page = text_of(clinic.get("/today"))
    assert page.startswith("The case has its diagnosis")
    assert "confirmed : Two" in page
    assert "1 confirmed case: too few for a figure" in text_of(clinic.get("/performance"))


def test_sources_that_disagree_are_shown_and_settled(clinic: Clinic) -> None:
    number = clinic.ask()
    clinic.post(f"/answers/{number}", diagnosis="grade_2", source="pathology")
    page = clinic.post(f"/answers/{number}", diagnosis="none", source="clinic")
    assert "sources disagree" in text_of(page)
    page = clinic.post(f"/answers/{number}", diagnosis="none", source="clinic", resolves="yes")
    assert "confirmed : None" in text_of(page)


def test_what_was_said_is_taken_back(clinic: Clinic) -> None:
    number = clinic.ask()
    clinic.post(f"/answers/{number}", diagnosis="grade_2")
    page = clinic.post(f"/answers/{number}", step="withdraw")
    assert "taken back" in text_of(page)
    assert "1 case waits for a diagnosis" in text_of(clinic.get("/today"))


def test_what_is_wrong_with_a_confirmation_stands_at_its_field(clinic: Clinic) -> None:
    number = clinic.ask()
    tomorrow = (datetime.now().astimezone() + timedelta(days=2)).date().isoformat()
    answer = clinic.post(f"/answers/{number}", diagnosis="nothing", date=tomorrow)
    assert answer.status_code == 422
    assert "Choose one of the diagnoses shown." in text_of(answer)
    assert "Give a day that has come." in text_of(answer)
    assert clinic.post(f"/answers/{number}", diagnosis="").status_code == 422
    assert Confirmations(clinic.services.audit, CONTRACT).cases() == []


def test_answers_are_found_by_patient_and_by_number(clinic: Clinic) -> None:
    number = clinic.ask()
    other = clinic.ask(patient="11")
    page = clinic.post("/find", wanted="10")
    assert number in page.text
    assert other not in page.text
    # The patient's number is in no address, which browsers keep.
    assert str(page.url).endswith("/clinic/find")
    assert str(clinic.post("/find", wanted=other).url).endswith(other)
    assert text_of(clinic.post("/find", wanted="12")).startswith("0 cases of this patient")


def test_another_day_has_its_own_list(clinic: Clinic) -> None:
    clinic.ask()
    yesterday = (datetime.now().astimezone() - timedelta(days=1)).date().isoformat()
    assert text_of(clinic.get(f"/today?day={yesterday}")).startswith("No case on this day")
    assert "1 case waits" in text_of(clinic.get("/today?day=nonsense"))


def test_an_answer_whose_contents_are_gone_says_so(clinic: Clinic) -> None:
    number = clinic.ask()
    recorded = clinic.services.audit.get(number)
    assert recorded
    clinic.services.audit.erase(recorded.patient)
    assert text_of(clinic.get(f"/answers/{number}")).startswith("This answer was removed")
    assert "removed" in text_of(clinic.get("/today"))


def test_unknown_answers_are_not_found(clinic: Clinic) -> None:
    assert clinic.get("/answers/00000000-0000-7000-8000-000000000000").status_code == 404
    number = clinic.ask()
    shown = clinic.services.audit.find(AuditQuery(mode="shown"))
    assert [each.id for each in shown] == [number]


def test_models_and_their_history_are_shown(clinic: Clinic) -> None:
    model = clinic.services.store.active.identity
    page = text_of(clinic.get("/models"))
    assert page.startswith(f"{model.version} answers here")
    assert model.digest[:12] in page
    assert "answers from now on" in page


def test_drift_is_shown_once_it_was_looked_for(clinic: Clinic) -> None:
    assert "juntos node drift" in text_of(clinic.get("/drift"))
    folder = clinic.services.home.path / FOLDER
    folder.mkdir()
    languages = '<input id="language-en" checked><input id="language-es">'
    (folder / PAGE).write_text(f"<html><body>{languages}<main>the report</main></body></html>")
    clinic.client.cookies.set("juntos_language", "es")
    page = clinic.get("/drift")
    assert text_of(page).endswith("the report")
    assert '<input id="language-en"><input id="language-es" checked>' in page.text
    assert "Volver a la página de la clínica" in page.text


def test_the_pages_may_be_mounted_below_another_address(clinic: Clinic) -> None:
    node = FastAPI()
    node.mount("/node", create_clinic(clinic.services))
    with TestClient(node, base_url=BASE) as client:
        token = people_of(clinic.services.home).invite(READER, timedelta(hours=1))
        page = client.post("/node/sign-in", data={"token": token})
        assert str(page.url) == f"{BASE}/node/clinic"
        addresses = re.findall(r'(?:href|src|action|data-address)="(/[^"]*)"', page.text)
        assert len(addresses) > 8
        assert [each for each in addresses if not each.startswith("/node/")] == []
        assert client.get("/node/static/clinic.css").status_code == 200


def test_findings_are_said_in_the_readers_language() -> None:
    wording = Wording(CONTRACT, words_of("es", PACKAGES))
    values = {"age": 61.5, "fever": 1.0, "pressure": 120.0}
    reason = {"feature": "age", "term": "", "words": "Age: 61.5 a", "recorded": True}
    assert wording.finding(reason, values) == "Age: 61,5 años"
    reason = {"feature": "fever", "term": "", "words": "Fever: yes", "recorded": True}
    assert wording.finding(reason, values) == "Fever: sí"
    missing = {"feature": "pain", "term": "", "words": "Pain: not recorded", "recorded": False}
    assert wording.finding(missing, values) == "Pain: sin registrar"
    derived = {"feature": "old", "term": "", "words": "Older than 60: yes", "recorded": True}
    assert wording.finding(derived, values) == "Older than 60: yes"


def test_the_page_of_what_left_may_use_its_own_parts_alone() -> None:
    page = "<body class='x'><style>a {}</style><script>1</script></body>"
    policy = policy_of(page)
    assert len(re.findall(r"'sha256-[\w+/=]{44}'", policy)) == 2
    assert "unsafe" not in policy
    assert with_way_back(page, "/clinic", "Back").startswith("<body class='x'><p")
