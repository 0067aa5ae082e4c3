"""The clinic's pages: a case, its differential, the work list, models and performance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from client.audit import AuditQuery, Recorded
from client.clinic.confirming import FIELDS, ConfirmForm, choices_of, said_by
from client.clinic.differential import Differential, differential_of, findings_of
from client.clinic.filled import LIKE, PATIENT, Filled
from client.clinic.form_fields import fields_of
from client.clinic.ranked import ranked_differential
from client.clinic.terms import Terms
from client.clinic.wording import Wording
from client.clinic.work_list import PAGE, count_open, lines_of, query_of
from client.confirmations import Confirmations
from client.confirmations.checking import today
from client.ranking.disease_names import ranked_diseases
from client.ranking.served_ranking import ServedRanking
from client.serving.services import NodeServices
from client.similar_cases.looking import as_json, case_of, look
from client.web.pages import language_of
from shared.contract import TermsFeature
from shared.web.pages import Pages

PREFIX = "/clinic"
PERIODS = (30, 90, 365)
MOST_EVENTS = 50
# With fewer confirmed cases, a share says more than is known.
FEW = 10
# State of a diagnosis, its meaning among the four that pages have, and its shape.
SHAPES = {
    "open": ("unknown", "○"),
    "confirmed": ("ok", "✓"),
    "conflict": ("attention", "▲"),
    "withdrawn": ("unknown", "○"),
}


class ClinicPages:
    """Makes the clinic's pages.

    Parameters
    ----------
    services : NodeServices
    pages : Pages
    """

    def __init__(self, services: NodeServices, pages: Pages) -> None:
        self.services = services
        self.terms = Terms(services.store, services.rankings)
        self.confirmations = Confirmations(
            services.audit, services.contract, partial(ranked_diseases, services)
        )
        self._pages = pages

    @property
    def engine(self) -> ServedRanking | None:
        """What ranks all known diseases; None without one."""
        rankings = self.services.rankings
        return rankings.engine if rankings is not None else None

    @property
    def diseases(self) -> Mapping[str, str]:
        """Names of the diseases that are ranked, by code; empty where nothing ranks."""
        return ranked_diseases(self.services)

    def ranks(self, wanted: bool) -> bool:
        """Say whether a case is ranked: where that is wished, or no model answers otherwise."""
        has_model = self.services.store.in_service.active is not None
        return self.engine is not None and (wanted or not has_model)

    def wording(self, request: Request) -> Wording:
        """Return the wording of the reader's language."""
        return Wording(self.services.contract, language_of(request), self.diseases)

    def show(self, request: Request, name: str, status: int = 200, **context: object) -> Response:
        """Return one of the pages."""
        frame = {
            "wording": self.wording(request),
            "shapes": SHAPES,
            "prefix": PREFIX,
            "page": name,
        }
        return self._pages.page(request, f"client.clinic/{name}.html", status, **frame, **context)

    def case(
        self,
        request: Request,
        filled: Filled,
        problems: Mapping[str, str] | None = None,
        status: int = 200,
        trouble: str = "",
        reason: str = "",
    ) -> Response:
        """Show the form of a case.

        Parameters
        ----------
        problems : mapping of str to str, optional
            What is wrong by feature, in words; ``patient`` for the patient's number.
        trouble, reason : str
            Why there is no answer: ``audit`` or ``model``, and what the node says of it.
        """
        found = problems or {}
        has_model = self.services.store.in_service.active is not None
        fields = fields_of(self.wording(request), filled, self.terms, found)
        return self.show(
            request,
            "case",
            status,
            fields=fields,
            wrong=[each for each in fields if each.problem],
            patient=filled.first(PATIENT),
            like=filled.first(LIKE),
            patient_before="" if trouble == "audit" else self.patient_before(filled),
            patient_problem=found.get(PATIENT, ""),
            trouble=trouble or ("" if has_model or self.engine else "model"),
            may_rank=has_model and self.engine is not None,
            reason=reason,
            is_sent=bool(trouble or found),
        )

    def patient_before(self, filled: Filled) -> str:
        """Return the pseudonym of the answer that a case goes on from; empty for none."""
        like = filled.first(LIKE)
        earlier = self.services.audit.get(like) if like else None
        return earlier.patient if earlier else ""

    def recorded(self, number: str) -> Recorded:
        """Return an answer that was shown.

        Raises
        ------
        HTTPException
            404 where there is none.
        """
        found = self.services.audit.get(number)
        if found is None or found.mode != "shown":
            raise HTTPException(404)
        return found

    def answer(
        self,
        request: Request,
        reader: str,
        recorded: Recorded,
        status: int = 200,
        form: ConfirmForm | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        """Show an answer as it was written down, with what was confirmed since."""
        wording = self.wording(request)
        case = self.confirmations.case_of(recorded.id)
        own = said_by(case, reader, self.services.contract, self.diseases)
        return self.show(
            request,
            "answer",
            status,
            recorded=recorded,
            differential=shown_of(recorded, wording),
            findings=findings_of(recorded, wording, self._term_names(recorded)),
            case=case,
            state_name=case.state if case else "open",
            own=own,
            form=form or replace(own or ConfirmForm(), date=own.date if own else today()),
            problems={**dict.fromkeys(FIELDS, ""), **(problems or {})},
            choices=choices_of(self.services.contract),
            ranks_diseases=bool(self.diseases),
            today=today(),
        )

    def similar(self, request: Request, reader: str, recorded: Recorded) -> Response:
        """Show the hospital's own cases that are most like the one of an answer."""
        if recorded.input is None or self.engine is None:
            raise HTTPException(404)
        found = look(self.services, case_of(recorded.input), recorded.patient, reader)
        rows = [as_json(self.services, each) for each in found]
        return self.show(request, "similar", recorded=recorded, rows=rows)

    def work_list(self, request: Request, day: date, after: str) -> Response:
        """Show a day's answers."""
        lines, more = lines_of(
            self.services.audit,
            self.confirmations,
            self.wording(request),
            query_of(day),
            after,
        )
        now = datetime.now().astimezone().date()
        return self.show(
            request,
            "work_list",
            lines=lines,
            open=count_open(lines),
            more=more,
            day=day.isoformat(),
            is_today=day == now,
            before=(day - timedelta(days=1)).isoformat(),
            later=(day + timedelta(days=1)).isoformat() if day < now else "",
            patient="",
            page_size=PAGE,
        )

    def of_patient(self, request: Request, pseudonym: str) -> Response:
        """Show the answers about one patient."""
        query = AuditQuery(patient=pseudonym, mode="shown")
        wording = self.wording(request)
        lines, _ = lines_of(self.services.audit, self.confirmations, wording, query)
        return self.show(
            request,
            "work_list",
            lines=lines,
            open=count_open(lines),
            more="",
            day="",
            is_today=False,
            before="",
            later="",
            patient=pseudonym,
            page_size=PAGE,
        )

    def models(self, request: Request) -> Response:
        """Show which models answered here, and what happened to them."""
        store = self.services.store
        stored = store.models()
        return self.show(
            request,
            "models",
            active=next((each for each in stored if each.role == "active"), None),
            shadow=next((each for each in stored if each.role == "shadow"), None),
            models=stored,
            events=list(reversed(store.events()))[:MOST_EVENTS],
            problem=store.problem,
        )

    def performance(self, request: Request, days: int) -> Response:
        """Show how good the answers were, as far as diagnoses are confirmed."""
        days = days if days in PERIODS else PERIODS[1]
        since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        found = self.confirmations.performance(since=since)
        return self.show(request, "performance", found=found, days=days, periods=PERIODS, few=FEW)

    def _term_names(self, recorded: Recorded) -> dict[str, str]:
        names: dict[str, str] = {}
        for name, feature in self.services.contract.recorded.items():
            if isinstance(feature, TermsFeature):
                codes = (recorded.input or {}).get(name) or ()
                names |= {code: self.terms.name(feature, code) for code in codes}
        return names


def shown_of(recorded: Recorded, wording: Wording) -> Differential | None:
    """Return the differential of a model or of a ranking; None where its contents are gone."""
    if recorded.output is not None and "ranking" in recorded.output:
        return ranked_differential(recorded.output, wording)
    return differential_of(recorded, wording)
