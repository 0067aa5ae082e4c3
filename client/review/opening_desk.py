"""The desk of a node's folder, and its queue."""

from __future__ import annotations

from client.data_quality.asking_models import ask_models
from client.data_quality.reading_rows import read_rows
from client.data_quality.settings import read_settings as quality_settings
from client.home import NodeHome
from client.review.book import Book
from client.review.concerns import find_concerns
from client.review.desk import Desk
from client.review.filling import as_items
from client.review.items import replace_items
from client.review.opening import open_database, read_source
from client.review.overlay import Overlay, overlay_of
from client.review.settings import read_settings
from client.sources.pseudonyms import patient_key
from shared.errors import DataError


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
    loaded = read_source(home, overlay)
    before = _rows_before(home) if any(each.when == "code" for each in overlay.rules) else None
    return Desk(home.contract(), loaded, key, engine, settings, before)


def _rows_before(home: NodeHome) -> int:
    """Return how many records the source gives without any decision."""
    try:
        return len(read_source(home, Overlay()).records)
    except DataError:
        # What was no record before is what the rules are for.
        return 0


def fill(home: NodeHome) -> int:
    """Look for what a person should look at; return how many questions there are.

    The questions take the place of the earlier ones; what was answered stays answered.

    Raises
    ------
    BrokenReviewError, DataError, SettingsError
        When decisions were changed, or the records cannot be read.
    """
    desk, key = open_desk(home), patient_key(home.patient_key_file)
    rows = read_rows(desk.contract, home.mapping_file, quality_settings(home.path), key)
    asked = ask_models(rows, home.out_of_fold, lambda: desk.overlaid().loaded)
    concerns = find_concerns(asked, desk.loaded)
    return replace_items(desk.engine, as_items(desk.contract, desk.loaded, concerns, key))
