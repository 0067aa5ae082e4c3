"""The pages of a hospital's node: which packages they are made of."""

from __future__ import annotations

from fastapi import Request

from shared.web.pages import Pages, wanted_language
from shared.web.words import Words, words_of

SESSION_COOKIE = "juntos_session"
PACKAGES = ("shared.web", "client.web", "client.review", "client.clinic")


def node_pages(hospital: str) -> Pages:
    """Return what makes the pages of a hospital."""
    return Pages(hospital, PACKAGES, SESSION_COOKIE)


def language_of(request: Request) -> Words:
    """Return the words of the reader's language."""
    return words_of(wanted_language(request), PACKAGES)
