"""Undecoded JSON into the fields that are read, and what is wrong with it."""

from __future__ import annotations

import re
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Raw

from client.sources.fhir.resources import About, Identified, Kind
from shared.errors import DataError

Resource = TypeVar("Resource")

# As nearly every program writes it: the type first.
TYPE_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}
NAME = re.compile("[A-Za-z]{1,64}")
PATH = re.compile(r"at `(\$[^`]*)`")
WHOLE = "Export it again; in .ndjson files each line is one whole JSON object."


class Located(Protocol):
    """Something that knows where it is."""

    @property
    def place(self) -> str:
        """Where the resource stands that came last, for messages."""


class MalformedResourceError(Exception):
    """A resource that is JSON and breaks FHIR's rules.

    Attributes
    ----------
    path : str
        The element that is wrong.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type, made once."""
    if kind not in DECODERS:
        DECODERS[kind] = msgspec.json.Decoder(kind)
    return DECODERS[kind]


def decode(kind: type[Resource], raw: bytes, at: Located) -> Resource:
    """Return the fields of a resource.

    Parameters
    ----------
    at : Located
        Where it stands; asked only when something is wrong.

    Raises
    ------
    MalformedResourceError
        When an element has another type than FHIR gives it.
    DataError
        When it is not JSON.
    """
    try:
        decoded: Resource = decoder(kind).decode(raw)
    except msgspec.ValidationError as error:
        # The library's message may quote what it found; the element's path holds no value.
        found = PATH.search(str(error))
        raise MalformedResourceError(found[1] if found else "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_json(raw, at.place) from None
    return decoded


def resource_type(raw: bytes, at: Located) -> str:
    """Return what a resource is.

    Raises
    ------
    DataError
        When it is not JSON, or no resource.
    """
    match = TYPE_FIRST.match(raw)
    if match is not None:
        return match[1].decode()
    try:
        kind = decode(Kind, raw, at).resourceType
    except MalformedResourceError:
        kind = None
    if kind is None or NAME.fullmatch(kind) is None:
        raise DataError(f"{at.place} is no FHIR resource: it has no resourceType.", WHOLE)
    return kind


def not_json(raw: bytes, place: str) -> DataError:
    """Return the error for what is not JSON."""
    beginning = raw[:200].lstrip().lower()
    if beginning.startswith((b"<!doctype html", b"<html")):
        return DataError(f"{place} is a web page, not FHIR.", "Export the data again as JSON.")
    if beginning.startswith(b"<"):
        return DataError(f"{place} is XML.", "Export the data again as JSON.")
    return DataError(f"{place} is not whole JSON: cut off, or damaged.", WHOLE)


def about(raw: bytes) -> About:
    """Return whom a malformed resource is about, as far as that can be told."""
    try:
        found: About = decoder(About).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return About()
    return found


def identity(raw: bytes | Raw) -> str | None:
    """Return a resource's id, as far as it has one."""
    try:
        found: Identified = decoder(Identified).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found.id
