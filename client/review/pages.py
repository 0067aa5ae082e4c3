"""The review's pages: the queue, one question, rules, and how far the review is."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

from client.review.book import new_request
from client.review.decisions import MEANINGS, Rule
from client.review.desk import Desk
from client.review.forms import AnswerForm, RuleForm
from client.review.questions import Question
from client.review.views import SHAPES, Wording, missing_by_class
from client.web.pages import language_of
from shared.contract import CategoricalFeature, Contract, Feature, FlagFeature, TextFeature
from shared.web.pages import Pages

PREFIX = "/review"
SHOWN = 100


class ReviewPages:
    """Makes the review's pages.

    Parameters
    ----------
    desk : callable
        Returns the desk; see `DeskKeeper`.
    pages : Pages
    """

    def __init__(self, desk: Callable[[], Desk], pages: Pages) -> None:
        self.desk = desk
        self._pages = pages

    def show(self, request: Request, name: str, status: int = 200, **context: object) -> Response:
        """Return one of the pages; after an answer, with the way to take it back."""
        last = request.query_params.get("done", "")
        done = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else 0
        wording = Wording(self.desk().contract, language_of(request))
        frame = {
            "wording": wording,
            "shapes": SHAPES,
            "prefix": PREFIX,
            "page": name,
            "new_number": new_request,
            "done": done,
        }
        return self._pages.page(request, f"client.review/{name}.html", status, **frame, **context)

    def queue(self, request: Request, reader: str, listed: str) -> Response:
        """Show what waits for a reader, or what is in another state."""
        desk = self.desk()
        standing = desk.standing()
        waiting = standing.waiting_for(reader)
        chosen = {
            "waiting": waiting,
            "decided": [each for each in standing.questions if each.state == "decided"],
            "others": [
                each
                for each in standing.questions
                if each.state != "decided" and each not in waiting
            ],
        }
        listed = listed if listed in chosen else "waiting"
        return self.show(
            request,
            "queue",
            counts=standing.count(),
            sizes={name: len(found) for name, found in chosen.items()},
            listed=listed,
            questions=chosen[listed][:SHOWN],
            filled=len(standing.questions) > 0,
        )

    def question(
        self,
        request: Request,
        reader: str,
        found: Question,
        status: int = 200,
        error: str = "",
        form: AnswerForm | None = None,
    ) -> Response:
        """Show a question with its record, what the model thinks, and the form."""
        desk = self.desk()
        wording = Wording(desk.contract, language_of(request))
        waiting = [each.item.id for each in desk.standing().waiting_for(reader)]
        earlier, later = neighbours(waiting, found.item.id)
        item = found.item
        seen = found.consensus.shows_readings_to(reader, desk.settings.readers)
        shown = found.consensus.readings if seen else ()
        own = found.consensus.reading_of(reader)
        return self.show(
            request,
            "question",
            status,
            question=found,
            item=item,
            error=error,
            form=form,
            cases=wording.cases(desk, found),
            likelihoods=wording.likelihoods(item),
            by_class=missing_by_class(desk, item.concern.feature) if item.is_of_feature else [],
            readings=wording.readings(shown),
            own=wording.decision(own.decision) if own else "",
            own_number=own.number if own else 0,
            readers=desk.settings.readers,
            earlier=earlier,
            later=later,
            contract=desk.contract,
            correctable=[
                each
                for each in desk.contract.recorded.values()
                if not isinstance(each, TextFeature)
            ],
            feature=desk.contract.recorded.get(item.concern.feature),
            choices=choices_of(desk, item.concern.feature),
            meanings=MEANINGS,
            left=len(waiting),
        )

    def rules(
        self,
        request: Request,
        reader: str,
        status: int = 200,
        error: str = "",
        form: RuleForm | None = None,
        preview: Rule | None = None,
    ) -> Response:
        """Show the rules and the form of a new one."""
        desk = self.desk()
        return self.show(
            request,
            "rules",
            status,
            rules=desk.rules(),
            total=len(desk.loaded.records),
            error=error,
            form=form,
            preview=preview,
            matching=desk.matching(preview) if preview and preview.when != "code" else None,
            features=[
                each
                for each in desk.contract.recorded.values()
                if not isinstance(each, TextFeature)
            ],
            meanings=MEANINGS,
            hidden=desk.hidden_from(reader),
            readers=desk.settings.readers,
        )

    def progress(self, request: Request, reader: str) -> Response:
        """Show how far the review is, and what it changed."""
        desk = self.desk()
        standing = desk.standing()
        counts = standing.count()
        return self.show(
            request,
            "progress",
            counts=counts,
            total=sum(counts.values()),
            effect=desk.effect(),
            agreement=desk.agreement(),
            readers=desk.settings.readers,
            overlay=desk.overlay().content_hash,
            hidden=desk.hidden_from(reader),
            entries=list(reversed(standing.decided))[:SHOWN],
        )


def neighbours(waiting: list[str], number: str) -> tuple[str, str]:
    """Return the questions before and after one in a reader's queue; empty where there is none."""
    if number not in waiting:
        return "", waiting[0] if waiting else ""
    place = waiting.index(number)
    earlier = waiting[place - 1] if place else ""
    return earlier, waiting[place + 1] if place + 1 < len(waiting) else ""


def choices_of(desk: Desk, name: str) -> list[tuple[str, str]]:
    """Return what a feature can be, where that is a short list: codes and names."""
    feature = desk.contract.recorded.get(name)
    if isinstance(feature, CategoricalFeature):
        return [(each.code, each.name) for each in feature.codes]
    return [("yes", ""), ("no", "")] if isinstance(feature, FlagFeature) else []


def correctable(contract: Contract) -> list[Feature]:
    """Return the features that a reader can give a value; a note is corrected at its source."""
    return [each for each in contract.recorded.values() if not isinstance(each, TextFeature)]
