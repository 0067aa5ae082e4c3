"""Which address shows which page of the clinic, and what its forms do."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.responses import Response

from client.audit import AuditUnavailableError
from client.audit.unavailable import unavailable
from client.clinic.asking import ask, challenge
from client.clinic.confirming import LONGEST_DISEASE, LONGEST_SOURCE, ConfirmForm, confirm
from client.clinic.filled import PATIENT, Filled
from client.clinic.form_fields import problems_by_feature
from client.clinic.left_page import LeftPage
from client.clinic.pages import PREFIX, ClinicPages
from client.clinic.proposal_routes import add_proposals
from client.clinic.work_list import day_of
from client.ranking.disease_names import search
from client.serving.case import Case
from client.serving.case_problem import CaseError
from client.serving.model_store import NoModelError
from client.serving.services import NodeServices
from client.web.pages import language_of
from client.web.signing_in import SEE_OTHER, Reader, own_form
from shared.contract import TermsFeature
from shared.errors import SettingsError
from shared.web.pages import Pages
from shared.web.standalone_page import standalone

UNAVAILABLE = 503
# Where the daily job leaves its report; what writes it loads more than answers need.
MONITORING, DRIFT = "monitoring", "drift.html"
ANSWER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def sent_form(request: Request) -> FormData:
    """Return all fields of a form, whatever the contract calls them."""
    return await request.form()


def clinic_routers(
    services: NodeServices, pages: Pages, signed_in: Callable[[Request], str]
) -> list[APIRouter]:
    """Return the routes of the clinic, to be mounted beside those of the node's other pages.

    Parameters
    ----------
    services : NodeServices
        Closed by whoever opened them, after the application.
    pages : Pages
    signed_in : callable
        Returns who asks, or refuses; see `client.web.signing_in.SignedIn`.
    """
    clinic = ClinicPages(services, pages)
    guards = [Depends(signed_in)]
    router = APIRouter(prefix=PREFIX, dependencies=guards, route_class=_route_class(clinic))
    _add_cases(router, clinic)
    add_proposals(router, clinic)
    _add_answers(router, clinic)
    _add_reading(router, clinic)
    return [router]


def _add_cases(router: APIRouter, clinic: ClinicPages) -> None:
    services = clinic.services

    @router.get("")
    def new_case(request: Request, like: str = "") -> Response:
        if not like:
            return clinic.case(request, Filled())
        values, words = clinic.recorded(like).input or {}, language_of(request)
        filled = Filled.of_values(services.contract, values, words)
        return clinic.case(request, filled.going_on_from(like))

    @router.post("", dependencies=[Depends(own_form)])
    def ask_about(
        request: Request, reader: Reader, form: Annotated[FormData, Depends(sent_form)]
    ) -> Response:
        sent = Filled.of_pairs(form.multi_items()).completed(services.contract, clinic.terms)
        try:
            case, patient, problems = _read(clinic, request, sent)
            if case is None:
                return clinic.case(request, sent, problems, 422)
            ranks = clinic.ranks(form.get("step") == "rank")
            shown = ask(services, case, patient, reader, ranks=ranks)
        except NoModelError as error:
            return clinic.case(request, sent, {}, UNAVAILABLE, "model", str(error))
        except AuditUnavailableError as error:
            return clinic.case(request, sent, {}, UNAVAILABLE, "audit", str(error))
        answer = _to(request, f"/answers/{shown.id}")
        answer.background = BackgroundTask(challenge, services, case, shown)
        return answer

    @router.get("/terms")
    def terms(feature: str, q: str) -> Response:
        found = services.contract.recorded.get(feature)
        matches = clinic.terms.search(found, q) if isinstance(found, TermsFeature) else []
        rows = [{"code": each.code, "name": each.name, "matched": each.matched} for each in matches]
        return JSONResponse(rows)


def _add_answers(router: APIRouter, clinic: ClinicPages) -> None:
    @router.get("/answers/{number}")
    def answer(request: Request, number: str, reader: Reader) -> Response:
        return clinic.answer(request, reader, clinic.recorded(number))

    @router.post("/answers/{number}", dependencies=[Depends(own_form)])
    def confirm_answer(
        request: Request,
        number: str,
        reader: Reader,
        diagnosis: Annotated[str, Form(max_length=64)] = "",
        date: Annotated[str, Form(max_length=10)] = "",
        source: Annotated[str, Form(max_length=LONGEST_SOURCE)] = "",
        other: Annotated[str, Form(max_length=LONGEST_DISEASE)] = "",
        resolves: Annotated[str, Form(max_length=3)] = "",
        step: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        recorded = clinic.recorded(number)
        form = ConfirmForm(
            diagnosis, date.strip(), source.strip(), resolves == "yes", other.strip()
        )
        words = language_of(request)
        problems = confirm(
            clinic.confirmations, number, reader, form, words, withdraws=step == "withdraw"
        )
        if problems:
            return clinic.answer(request, reader, recorded, 422, form, problems)
        return _to(request, f"/answers/{number}?done=1#diagnosis")

    @router.get("/answers/{number}/similar")
    def similar(request: Request, number: str, reader: Reader) -> Response:
        return clinic.similar(request, reader, clinic.recorded(number))

    @router.get("/diseases")
    def diseases(q: Annotated[str, Query(max_length=LONGEST_DISEASE)] = "") -> Response:
        return JSONResponse([each.text for each in search(clinic.diseases, q)])

    @router.post("/find", dependencies=[Depends(own_form)])
    def find(request: Request, wanted: Annotated[str, Form(max_length=200)] = "") -> Response:
        # Not by the address: browsers keep addresses, and this may be a patient's number.
        wanted = wanted.strip()
        if ANSWER_ID.fullmatch(wanted):
            return _to(request, f"/answers/{wanted}")
        if not wanted:
            return _to(request, "/today")
        return clinic.of_patient(request, clinic.services.audit.pseudonym(wanted))


def _add_reading(router: APIRouter, clinic: ClinicPages) -> None:
    left = LeftPage(clinic.services.home)

    @router.get("/today")
    def today(request: Request, day: str = "", after: str = "") -> Response:
        return clinic.work_list(request, day_of(day), after)

    @router.get("/models")
    def models(request: Request) -> Response:
        return clinic.models(request)

    @router.get("/performance")
    def performance(request: Request, days: int = 0) -> Response:
        return clinic.performance(request, days)

    @router.get("/drift")
    def drift(request: Request) -> Response:
        page = clinic.services.home.path / MONITORING / DRIFT
        if not page.exists():
            return clinic.show(request, "drift")
        return report(request, page.read_text(encoding="utf-8"))

    @router.get("/left")
    def what_left(request: Request) -> Response:
        return report(request, left.html())

    def report(request: Request, page: str) -> Response:
        address = request.scope.get("root_path", "") + PREFIX
        words = language_of(request)
        return standalone(page, address, words("clinic.report.back"), words.language)


def _read(
    clinic: ClinicPages, request: Request, sent: Filled
) -> tuple[Case | None, str, dict[str, str]]:
    """Return the case and the patient's pseudonym, or what is wrong by feature."""
    services, wording = clinic.services, clinic.wording(request)
    problems: dict[str, str] = {}
    case, patient = None, ""
    try:
        case = services.cases.read(sent.content(services.contract, wording.words))
    except CaseError as error:
        problems = problems_by_feature(wording, error.problems)
    for name in sent.unresolved(services.contract):
        problems[name] = wording.words("clinic.problem.unresolved")
    number = sent.first(PATIENT)
    try:
        patient = services.audit.pseudonym(number) if number else clinic.patient_before(sent)
    except SettingsError as error:
        problems[PATIENT] = str(error)
    return (None if problems else case), patient, problems


def _to(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(request.scope.get("root_path", "") + PREFIX + path, SEE_OTHER)


def _route_class(clinic: ClinicPages) -> type[APIRoute]:
    """Return routes that say why where the node's database does not answer."""

    class ClinicRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except AuditUnavailableError as error:
                    found = error
                except SQLAlchemyError as error:
                    found = unavailable(error)
                return clinic.show(request, "unavailable", UNAVAILABLE, reason=str(found))

            return handled

    return ClinicRoute
