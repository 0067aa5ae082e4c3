"""A diagnosis may be any disease that is ranked; rankings learn from it, models do not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from client.clinic.serving import create_clinic, people_of
from client.confirmations import Confirmation, Confirmations
from client.confirmations.training import with_confirmed_cases
from client.hospital import Hospital, LocalRecords
from client.ranking.disease_names import disease_in, ranked_diseases, search
from client.serving.services import NodeServices
from client.snapshots.archive import Seen
from shared.errors import DataError
from shared.records import records_from_columns
from shared.run_settings import RunSettings
from tests.unit.client.clinic.conftest import BASE, READER
from tests.unit.client.ranking.conftest import CONTRACT

EHLERS = "Ehlers-Danlos syndrome, vascular type"


@pytest.fixture
def browser(services: NodeServices) -> TestClient:
    client = TestClient(create_clinic(services), base_url=BASE)
    token = people_of(services.home).invite(READER, timedelta(hours=1))
    client.post("/sign-in", data={"token": token})
    client.headers["Accept-Language"] = "en"
    return client


def token_in(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


def asked(browser: TestClient, patient: str = "") -> str:
    form = {
        "form_token": token_in(browser.get("/clinic").text),
        "t.findings": ["HP:0001166"],
        "patient": patient,
    }
    answer = browser.post("/clinic", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.url).split("/answers/")[1].split("?")[0]


def confirmed(browser: TestClient, number: str, **fields: str) -> tuple[int, str]:
    page = browser.get(f"/clinic/answers/{number}").text
    data = {"form_token": token_in(page), **fields}
    answer = browser.post(f"/clinic/answers/{number}", data=data)
    return answer.status_code, answer.text


def test_any_ranked_disease_can_be_confirmed(browser: TestClient) -> None:
    assert browser.get("/clinic/diseases", params={"q": "vascular ehlers"}).json() == [
        f"{EHLERS} (OMIM:130050)"
    ]
    number = asked(browser)
    page = browser.get(f"/clinic/answers/{number}").text
    assert '<option value="Marfan syndrome (OMIM:154700)">' in page
    status, page = confirmed(browser, number, other=f"{EHLERS} (OMIM:130050)")
    assert status == 200
    assert f"<strong>{EHLERS}</strong>" in page
    assert f'value="{EHLERS} (OMIM:130050)"' in page
    status, page = confirmed(browser, number, other="marfan syndrome")
    assert "<strong>Marfan syndrome</strong>" in page


def test_what_is_no_ranked_disease_is_said_at_its_field(browser: TestClient) -> None:
    number = asked(browser)
    for text in ("OMIM:999999", "Ehlers", "nothing"):
        status, page = confirmed(browser, number, other=text)
        assert status == 422
        assert "No ranked disease is called so for sure" in page
        assert f'value="{text}"' in page


def test_names_are_found_by_their_words_and_told_apart_by_codes() -> None:
    names = {"OMIM:1": "Marfan syndrome", "ORPHA:2": "Marfan syndrome", "OMIM:3": "Marfanoid"}
    assert [each.code for each in search(names, "marf")] == ["OMIM:3", "OMIM:1", "ORPHA:2"]
    assert [each.code for each in search(names, "orpha:2")] == ["ORPHA:2"]
    assert search(names, "x") == []
    assert [
        found.code if (found := disease_in(names, text)) else None
        for text in ("marfan syndrome", "Marfan syndrome (ORPHA:2)", "marf", "OMIM:9")
    ] == ["OMIM:1", "ORPHA:2", None, None]


def test_rankings_learn_from_it_and_models_do_not(
    browser: TestClient, services: NodeServices
) -> None:
    number = asked(browser, "4711")
    assert confirmed(browser, number, other="OMIM:130050")[0] == 200
    other = asked(browser, "4712")
    assert confirmed(browser, other, diagnosis="OMIM:154700")[0] == 200
    columns: dict[str, list[object]] = {"findings": [("HP:0001631",)], "age": [3.0]}
    source = records_from_columns(CONTRACT, columns, ["OMIM:142900"])
    seen = with_confirmed_cases(services.home, Seen(source, ["someone"], "", "", "file"))
    assert list(seen.records.labels) == ["OMIM:142900", "OMIM:154700"]
    assert seen.beyond is not None
    assert list(seen.beyond.labels) == ["OMIM:130050"]
    local = LocalRecords(seen.records, beyond=seen.beyond)
    hospital = Hospital("lyon", CONTRACT, lambda: local)
    _, records = hospital.ranked_records(RunSettings())
    assert list(records.labels) == ["OMIM:142900", "OMIM:154700", "OMIM:130050"]
    assert records.table["findings"].iat[2] == ("HP:0001166",)


def test_figures_of_models_leave_it_out_and_the_terminal_knows_the_engine(
    browser: TestClient, services: NodeServices
) -> None:
    number = asked(browser)
    confirmed(browser, number, other="OMIM:130050")
    book = Confirmations(services.audit, CONTRACT)
    assert [(each.state, each.code) for each in book.cases()] == [("confirmed", "OMIM:130050")]
    found = book.performance()
    assert (found.labelled, found.not_comparable) == (1, 1)
    with pytest.raises(DataError, match="cannot be written"):
        book.confirm(Confirmation(code="OMIM:130050", who="me", prediction=number))
    knowing = Confirmations(services.audit, CONTRACT, lambda: ranked_diseases(services))
    said = knowing.confirm(Confirmation(code="OMIM:130050", who="me", prediction=number))
    assert said.state == "confirmed"
