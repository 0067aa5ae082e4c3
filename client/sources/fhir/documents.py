"""Notes: inside a resource, beside an export, or on the same server."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

import pandas as pd

from client.sources.fhir.dates import Moment
from client.sources.fhir.fields import DocumentField
from client.sources.fhir.kept_values import Kept
from client.sources.fhir.resources import Attachment, DocumentReference
from client.sources.fhir.set_aside import SetAside
from client.sources.fhir.values import WrongValueError

PLAIN = "text/plain"
FETCH_FIX = "Put the document beside the export, or on the same server, as plain text."
Fetch = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A note that is fetched only if it is the one that is taken."""

    url: str
    charset: str


Note = str | Pointer


def note_of(document: DocumentReference) -> Note | None:
    """Return the first plain text of a document, None where it has none.

    Raises
    ------
    WrongValueError
        When what the resource holds is no base64 of text in its character set.
    """
    for content in document.content:
        kind, charset = _content_type(content.attachment)
        if kind != PLAIN:
            continue
        if content.attachment.data is not None:
            return _decoded(content.attachment.data, charset)
        if content.attachment.url is not None:
            return Pointer(content.attachment.url, charset)
    return None


class KeptNotes(Kept[Note]):
    """The notes of each row that are taken, fetched when the column is."""

    def __init__(self, field: DocumentField, rows: int, fetch: Fetch, set_aside: SetAside) -> None:
        super().__init__(field.name)
        self._take = field.take
        self._fetch = fetch
        self._set_aside = set_aside
        self._notes: list[list[tuple[float, Note]] | None] = [None] * rows

    def add(self, row: int, moment: Moment, value: Note) -> None:
        """Keep the note where it is the first or last, or all are taken."""
        kept, seconds = self._notes[row], moment.seconds
        if kept is None:
            self._notes[row] = [(seconds, value)]
        elif self._take == "all":
            kept.append((seconds, value))
        elif (seconds < kept[0][0]) if self._take == "first" else (seconds >= kept[0][0]):
            kept[0] = (seconds, value)

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return the texts; a row whose note cannot be had is set aside."""
        texts = [self._text(row) for row in range(start, stop)]
        return {self.name: pd.Series(texts, dtype=object)}

    def _text(self, row: int) -> str | None:
        notes = self._notes[row]
        if not notes:
            return None
        in_order = [note for _, note in sorted(notes, key=lambda each: each[0])]
        try:
            return "\n\n".join(self._fetched(note) for note in in_order)
        except WrongValueError as error:
            self._set_aside.mark((row,), self.name, error.expected, FETCH_FIX)
            return None

    def _fetched(self, note: Note) -> str:
        if isinstance(note, str):
            return note
        content = self._fetch(note.url)
        if content is None:
            raise WrongValueError("a document where its DocumentReference says")
        return _text_in(content, note.charset)


def decoded_base64(data: str) -> bytes:
    """Return the bytes of an attachment.

    Raises
    ------
    WrongValueError
        When it is no base64.
    """
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise WrongValueError("a document in base64") from None


def _decoded(data: str, charset: str) -> str:
    return _text_in(decoded_base64(data), charset)


def _text_in(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise WrongValueError("plain text in the character set that it names, or UTF-8") from None


def _content_type(attachment: Attachment) -> tuple[str, str]:
    """Return the media type and the character set."""
    written = attachment.contentType or ""
    if written == PLAIN:
        return PLAIN, "utf-8"
    message = EmailMessage()
    message["content-type"] = written.replace("\n", " ").replace("\r", " ")
    return message.get_content_type(), message.get_content_charset("utf-8")
