"""A folder of exported files, or one of them, here or on cloud storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from client.sources.fhir.decoding import MalformedResourceError, decode, resource_type
from client.sources.fhir.export import Wanted
from client.sources.fhir.resources import Bundle
from client.sources.fhir.text_files import lines_of, whole_file
from client.sources.remote import DataFile
from shared.errors import DataError

LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
WHOLE = (".json", ".json.gz")
BETWEEN_WORDS = re.compile(r"[._\- ]")


class FileExport:
    """Bulk export files, one resource a line, or Bundles; also compressed by gzip.

    A folder with files of lines is a bulk export, and no other file of it is looked at; else all
    its ``.json`` files are read. A file whose name and first line name one type (as bulk exports
    have it) is read only where that type is wanted.
    """

    def __init__(self, place: DataFile) -> None:
        self._place = place
        self._files = _files_of(place)
        self._only: dict[str, str | None] = {}
        self._file = place
        self._line = 0
        self._unit = "line"
        self.full_url: str | None = None

    @property
    def name(self) -> str:
        """The folder's or file's name."""
        return self._place.name

    @property
    def keeps_order(self) -> bool:
        """Files have an order, by name, and so have lines."""
        return True

    @property
    def place(self) -> str:
        """The file, and the line or entry."""
        return f"{self._file.name}, {self._unit} {self._line}"

    def resources(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """Yield the resources of the wanted types, file by file."""
        for file in self._files:
            self._file, self._line, self.full_url = file, 0, None
            if self._file.name.endswith(WHOLE):
                yield from self._of_bundle(wanted)
            else:
                yield from self._of_lines(wanted)

    def document(self, url: str) -> bytes | None:
        """Return a file of the export's folder."""
        parts = urlsplit(url)
        inside = PurePosixPath(unquote(parts.path))
        # Never a file outside, however the address is written.
        if parts.scheme or parts.netloc or inside.is_absolute() or ".." in inside.parts:
            return None
        place = self._place
        folder = place.path if place.is_folder() else place.path.rpartition("/")[0]
        file = replace(place, path=f"{folder}/{inside}", address=url)
        if not file.is_remote and not Path(file.path).resolve().is_relative_to(
            Path(folder).resolve()
        ):
            return None
        return whole_file(file) if file.filesystem.isfile(file.path) else None

    def close(self) -> None:
        """Nothing is open between two files."""

    def _of_lines(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        self._unit = "line"
        only = self._only.get(self._file.path)
        if only is not None and only not in wanted:
            return
        for number, line in lines_of(self._file):
            self._line = number
            kind = resource_type(line, self)
            if self._file.path not in self._only:
                only = self._only[self._file.path] = kind if self._is_named(kind) else None
                if only is not None and only not in wanted:
                    return
            if only is not None and kind != only:
                raise self._another_type(only)
            if kind in wanted:
                yield kind, line

    def _of_bundle(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        self._unit = "entry"
        content = whole_file(self._file)
        kind = resource_type(content, self)
        if kind != "Bundle":
            if kind in wanted:
                yield kind, content
            return
        try:
            bundle = decode(Bundle, content, self)
        except MalformedResourceError as error:
            raise DataError(
                f"{self._file.name} is no FHIR Bundle ({error.path} is not what it should be).",
                "Export it again.",
            ) from None
        del content
        for number, entry in enumerate(bundle.entry, 1):
            self._line = number
            raw = bytes(entry.resource)
            if not raw:
                continue
            kind = resource_type(raw, self)
            if kind in wanted:
                self.full_url = entry.fullUrl
                yield kind, raw

    def _is_named(self, kind: str) -> bool:
        """Return whether the file's name promises one type only."""
        return kind in BETWEEN_WORDS.split(self._file.name)

    def _another_type(self, only: str) -> DataError:
        return DataError(
            f"{self.place} holds another type than {only}, which the file's name promises.",
            "Export each type to a file of its own, or give a mixed file a name without a type.",
        )


def _files_of(place: DataFile) -> list[DataFile]:
    """Return the files to read, in order of their names.

    Raises
    ------
    DataError
        When there is nothing to read.
    """
    if not place.is_folder():
        if not place.name.endswith((*LINES, *WHOLE)):
            raise DataError(
                f"{place.name} is neither a file of lines (.ndjson) nor a Bundle (.json).",
                "Name it so, or .gz after that where it is compressed.",
            )
        place.refuse_absent()
        return [place]
    found = _directly_in(place, LINES) or _directly_in(place, WHOLE)
    if not found:
        raise DataError(
            f"{place.name} holds no file of FHIR resources (.ndjson, .json, or either with .gz).",
            "Correct source.path in the mapping, or export the data again.",
        )
    return found


def _directly_in(place: DataFile, suffixes: tuple[str, ...]) -> list[DataFile]:
    """Return the files of a folder, and not of folders in it, that have anything in them."""
    start = len(place.path.rstrip("/")) + 1
    files = [
        file
        for suffix in suffixes
        for file in place.files(suffix)
        if "/" not in file.path[start:] and place.filesystem.size(file.path)
    ]
    return sorted(files, key=lambda file: file.name)
