"""The review of a node's folder, and its records as training sees them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine

from client.home import NodeHome
from client.privacy.opening import database_url
from client.privacy.tables import SCHEMA
from client.review.applying import Overlaid, apply_overlay
from client.review.book import Book
from client.review.overlay import Overlay, overlay_of
from client.review.rules import with_missing_codes
from client.review.settings import read_settings
from client.sources.gathering import Limit
from client.sources.loading import LoadedRecords, load_records
from client.sources.mapping import Mapping
from client.sources.pseudonyms import patient_key


def open_database(home: NodeHome) -> Engine:
    """Open the node's database.

    Raises
    ------
    SettingsError
        When it cannot be opened.
    """
    return SCHEMA.open(database_url(home))


def read_overlay(home: NodeHome) -> Overlay:
    """Return all decisions that count.

    Raises
    ------
    BrokenReviewError
        When decisions were changed.
    """
    engine = open_database(home)
    try:
        return overlay_of(Book(engine).decided(), read_settings(home.path).readers)
    finally:
        engine.dispose()


def mapping_change(overlay: Overlay) -> Callable[[Mapping], Mapping]:
    """Return what rules change about the mapping before anything is read with it."""
    return partial(with_missing_codes, rules=overlay.rules)


def read_source(home: NodeHome, overlay: Overlay) -> LoadedRecords:
    """Read the records as the source has them.

    Raises
    ------
    DataError, SettingsError
        See `load_records`.
    """
    key, change = patient_key(home.patient_key_file), mapping_change(overlay)
    limit = Limit(home.settings.rows_in_memory, home.path)
    return load_records(
        home.contract(), home.mapping_file, patient_key=key, change=change, in_memory=limit
    )


def reviewed(home: NodeHome, loaded: LoadedRecords, overlay: Overlay) -> Overlaid:
    """Lay the decisions over the records of the source.

    Raises
    ------
    DataError
        When every record is excluded.
    """
    return apply_overlay(home.contract(), loaded, overlay, patient_key(home.patient_key_file))
