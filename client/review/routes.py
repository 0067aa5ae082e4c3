"""Which address shows which page of the review, and what its forms do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from client.review.answer_forms import decision_of, rule_of
from client.review.answering import AnsweredMeanwhileError, StaleItemError
from client.review.desk import Desk
from client.review.forms import AnswerForm, FormNumber, FormText, RuleForm
from client.review.pages import PREFIX, ReviewPages
from client.review.values import AnswerError
from client.review.views import UNITS
from client.web.pages import language_of
from client.web.signing_in import SEE_OTHER, Reader, own_form
from shared.errors import JuntosError
from shared.web.pages import Pages

# A form that another page sent is refused.
OWN = [Depends(own_form)]


def review_pages(
    desk: Callable[[], Desk], pages: Pages, signed_in: Callable[[Request], str]
) -> APIRouter:
    """Return the routes of the review, to be mounted beside those of the node's other pages.

    Parameters
    ----------
    desk : callable
        Returns the desk; see `DeskKeeper`.
    pages : Pages
    signed_in : callable
        Returns who asks, or refuses; see `client.web.signing_in.SignedIn`.
    """
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(signed_in)])
    review = ReviewPages(desk, pages)
    add_questions(router, review)
    add_rules(router, review)

    @router.get("/progress")
    def progress(request: Request, reader: Reader) -> Response:
        return review.progress(request, reader)

    return router


def back(request: Request, path: str) -> Response:
    """Lead a browser on after a form."""
    return RedirectResponse(request.scope.get("root_path", "") + PREFIX + path, SEE_OTHER)


def add_questions(router: APIRouter, review: ReviewPages) -> None:
    """Add the queue, each of its questions, and what answers one."""

    @router.get("")
    def queue(request: Request, reader: Reader, show: str = "waiting") -> Response:
        return review.queue(request, reader, show)

    @router.get("/questions/{number}")
    def question(request: Request, number: str, reader: Reader) -> Response:
        return review.question(request, reader, review.desk().question(number))

    @router.post("/questions/{number}", dependencies=OWN)
    def answer(
        request: Request,
        number: str,
        reader: Reader,
        form: Annotated[AnswerForm, Depends()],
    ) -> Response:
        found = review.desk().question(number)
        try:
            decision = decision_of(
                review.desk().contract,
                found,
                form.kind,
                code=form.code,
                feature=form.feature,
                value=form.value,
                meaning=form.meaning,
                becomes=form.becomes,
            )
            entry = review.desk().answering.answer(
                found,
                decision,
                reader=reader,
                comment=form.comment,
                request=form.request,
                seen=form.seen,
            )
        except JuntosError as error:
            status = 409 if isinstance(error, AnsweredMeanwhileError | StaleItemError) else 422
            words = error_words(request, error)
            return review.question(request, reader, found, status, words, form)
        waiting = review.desk().standing().waiting_for(reader)
        after = f"/questions/{waiting[0].item.id}" if waiting else ""
        return back(request, f"{after}?done={entry.number}")


def add_rules(router: APIRouter, review: ReviewPages) -> None:
    """Add the rules, what makes one, and what takes an entry back."""

    @router.get("/rules")
    def rules(request: Request, reader: Reader) -> Response:
        return review.rules(request, reader)

    @router.post("/rules", dependencies=OWN)
    def make_rule(
        request: Request,
        reader: Reader,
        form: Annotated[RuleForm, Depends()],
    ) -> Response:
        try:
            made = rule_of(
                review.desk().contract,
                form.feature,
                form.when,
                form.cell,
                form.meaning,
                form.becomes,
            )
            if form.step != "apply":
                return review.rules(request, reader, form=form, preview=made)
            review.desk().answering.rule(
                made, reader=reader, comment=form.comment, request=form.request
            )
        except JuntosError as error:
            return review.rules(request, reader, 422, error_words(request, error), form)
        return back(request, "/rules")

    @router.post("/undo", dependencies=OWN)
    def undo(
        request: Request,
        reader: Reader,
        entry: Annotated[int, Form(ge=1)],
        form_number: Annotated[FormNumber, Form(alias="request")],
        page: FormText = "",
    ) -> Response:
        review.desk().answering.undo(entry, reader=reader, comment="", request=form_number)
        return back(request, "/rules" if page == "rules" else "")


def error_words(request: Request, error: JuntosError) -> str:
    """Return what is wrong with a form, in the reader's language."""
    words = language_of(request)
    if isinstance(error, AnswerError):
        plain = {unit: words(key) for unit, key in UNITS.items()}
        values = {name: plain.get(value, value) for name, value in error.values.items()}
        return words(f"review.error.{error.key}", **values)
    if isinstance(error, AnsweredMeanwhileError):
        return words("review.error.meanwhile")
    if isinstance(error, StaleItemError):
        return words("review.error.stale")
    return str(error)
