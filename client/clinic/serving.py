"""The clinic's page on this machine, for clinicians who were invited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from client.api.settings import read_settings as read_api_settings
from client.clinic.pages import PREFIX
from client.clinic.routes import clinic_routers
from client.home import NodeHome
from client.privacy.database import database_url
from client.privacy.tables import SCHEMA
from client.review.settings import read_settings
from client.serving.services import NodeServices, open_services
from client.web.application import create_application
from client.web.local_page import HOST, invitation_link, local_address, refuse_unusable, run_page
from client.web.pages import node_pages
from client.web.people import People
from client.web.signing_in import SignedIn
from shared.web.security import LOOPBACK


def people_of(home: NodeHome) -> People:
    """Return who may use a node's pages: the same people as in the review."""
    settings = read_settings(home.path)
    return People(SCHEMA.open(database_url(home)), timedelta(hours=settings.session_hours))


def invitation(home: NodeHome, name: str, port: int | None = None) -> tuple[str, str]:
    """Return a link that signs a clinician in once, and until when it works.

    Parameters
    ----------
    port : int, optional
        Of a page that is served by itself; without it, the one that the node serves.

    Raises
    ------
    SettingsError
        When the name is none.
    """
    valid = timedelta(hours=read_settings(home.path).invitation_hours)
    address = read_api_settings(home.path).page_address if port is None else local_address(port)
    return invitation_link(people_of(home), name, valid, address)


def create_clinic(services: NodeServices, hosts: Sequence[str] = LOOPBACK) -> FastAPI:
    """Build the application with the clinic's pages alone; it may be mounted below any address.

    Parameters
    ----------
    services : NodeServices
        Closed by whoever opened them, after the application.
    hosts : sequence of str
        Names that browsers may know this machine by.
    """
    people, pages = people_of(services.home), node_pages(services.home.settings.hospital)
    routers = clinic_routers(services, pages, SignedIn(people))
    return create_application(people, pages, routers, PREFIX, hosts)


def serve(home: Path, port: int, reader: str, say: Callable[[str], None]) -> None:
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
    services = open_services(home)
    try:
        refuse_unusable(people_of(services.home), reader, port)
        if reader:
            link, until = invitation(services.home, reader, port)
            say(f"{reader} signs in, once, until {until}:\n  {link}")
        say(f"The clinic's page is at http://{HOST}:{port} until Ctrl-C, on this machine only.")
        run_page(create_clinic(services), port)
    finally:
        services.close()
