"""Readers who answer."""

from __future__ import annotations

from client.review.book import new_request
from client.review.decisions import Answer, Rule
from client.review.desk import Desk
from client.review.entry import Entry
from client.review.questions import Question


def answer(
    desk: Desk,
    place: int,
    decision: Answer,
    reader: str = "ana",
    seen: int | None = None,
    request: str = "",
    comment: str = "",
) -> Entry:
    """Answer the question at a place of the queue, having seen all or a given entry."""
    asked = question(desk, place)
    return desk.answering.answer(
        asked,
        decision,
        reader=reader,
        comment=comment,
        request=request or new_request(),
        seen=asked.last if seen is None else seen,
    )


def question(desk: Desk, place: int) -> Question:
    return desk.standing().questions[place]


def rule(desk: Desk, made: Rule, reader: str = "ana") -> Entry:
    return desk.answering.rule(made, reader=reader, comment="", request=new_request())


def undo(desk: Desk, number: int, reader: str = "ana") -> Entry:
    return desk.answering.undo(number, reader=reader, comment="", request=new_request())
