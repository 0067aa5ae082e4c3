"""The desk of a node's folder, and its queue."""

from __future__ import annotations

from client.home import NodeHome
from client.review.book import Book
from client.review.desk import Desk
from client.review.filling import as_items, find_concerns
from client.review.items import replace_items
from client.review.opening import open_database, read_source
from client.review.overlay import overlay_of
from client.review.settings import read_settings
from client.sources.pseudonyms import patient_key


def open_desk(home: NodeHome) -> Desk:
    """Open the desk where a node's records are reviewed.

    Raises
    ------
    BrokenReviewError, DataError, SettingsError
        When decisions were changed, or the records cannot be read.
    """
    engine, settings = open_database(home), read_settings(home.path)
    overlay = overlay_of(Book(engine).decided(), settings.readers)
    key = patient_key(home.patient_key_file)
    return Desk(home.contract(), read_source(home, overlay), key, engine, settings)


def fill(home: NodeHome) -> int:
    """Look for what a person should look at; return how many questions there are.

    The questions take the place of the earlier ones; what was answered stays answered.

    Raises
    ------
    BrokenReviewError, DataError, SettingsError
        When decisions were changed, or the records cannot be read.
    """
    desk = open_desk(home)
    concerns = find_concerns(desk.contract, desk.loaded, desk.settings)
    key = patient_key(home.patient_key_file)
    return replace_items(desk.engine, as_items(desk.contract, desk.loaded, concerns, key))
