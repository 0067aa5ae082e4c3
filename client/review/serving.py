"""The review's page on this machine, for readers who were invited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI

from client.home import NodeHome
from client.review.desk_keeper import DeskKeeper
from client.review.opening import open_database
from client.review.pages import PREFIX
from client.review.routes import review_pages
from client.review.settings import read_settings
from client.web.application import create_application
from client.web.local_page import HOST, invitation_link, local_address, refuse_unusable, run_page
from client.web.pages import node_pages
from client.web.people import People
from client.web.signing_in import SignedIn


def people_of(home: NodeHome) -> People:
    """Return who may use a node's pages."""
    settings = read_settings(home.path)
    return People(open_database(home), timedelta(hours=settings.session_hours))


def invitation(home: NodeHome, name: str, port: int) -> tuple[str, str]:
    """Return a link that signs a reader in once, and until when it works.

    Raises
    ------
    SettingsError
        When the name is none.
    """
    valid = timedelta(hours=read_settings(home.path).invitation_hours)
    return invitation_link(people_of(home), name, valid, local_address(port))


def create_review(home: NodeHome, people: People) -> FastAPI:
    """Build the application with the review alone."""
    pages = node_pages(home.settings.hospital)
    router = review_pages(DeskKeeper(home).desk, pages, SignedIn(people))
    return create_application(people, pages, [router], PREFIX)


def serve(home: NodeHome, port: int, reader: str, say: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C; nobody reaches it from another machine.

    Parameters
    ----------
    reader : str
        Gets a link; empty for nobody.

    Raises
    ------
    SettingsError
        When the port is taken, or nobody could sign in.
    """
    people = people_of(home)
    refuse_unusable(people, reader, port)
    if reader:
        link, until = invitation(home, reader, port)
        say(f"{reader} signs in, once, until {until}:\n  {link}")
    say(f"The review is at http://{HOST}:{port} until Ctrl-C, on this machine only.")
    run_page(create_review(home, people), port)
