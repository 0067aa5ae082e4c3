"""What a sheet of an .xlsx file shows only in its XML: formulas never calculated, errors, hiding.

Readers of values give an empty cell for these, and an empty cell is a patient without a value.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from shared.errors import DataError

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(r"([A-Z]+)(\d+)")
# What an archive or its XML can be wrong with; a cell's place that is none among it.
DAMAGES = (
    KeyError,
    StopIteration,
    ValueError,
    NotImplementedError,
    EOFError,
    OSError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
    ElementTree.ParseError,
    expat.ExpatError,
)
READ_BYTES = 1 << 20


@dataclass
class SheetStructure:
    """What is peculiar about a sheet; rows and columns count from 1.

    Attributes
    ----------
    uncalculated : list of (row, column)
        Formulas whose value was never stored.
    errors : list of (row, column)
        Cells such as #N/A.
    hidden_rows : list of int
    """

    uncalculated: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)


def read_structure(file: IO[bytes], sheet: str) -> SheetStructure:
    """Look through a sheet; for a file that is no .xlsx, nothing is found.

    Raises
    ------
    DataError
        When the XML is not what a spreadsheet program writes.
    """
    if not zipfile.is_zipfile(file):
        return SheetStructure()
    try:
        with zipfile.ZipFile(file) as archive:
            member = _member(archive, sheet)
            return SheetStructure() if member is None else _Scan().read(archive, member)
    except DAMAGES:
        raise DataError(
            "The spreadsheet is damaged.", "Open it in a spreadsheet program and save it again."
        ) from None


def _member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the sheet's XML in the archive."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    # expat itself limits how far entities are expanded.
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {each.get("Id"): each.get("Target", "") for each in links}
    found = next(
        each for each in book.iter() if _local(each.tag) == "sheet" and each.get("name") == sheet
    )
    return posixpath.normpath(posixpath.join("/xl", targets[found.get(RELATION)])).lstrip("/")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Scan:
    """Goes through a sheet's XML once, whatever its size, keeping what is peculiar."""

    def __init__(self) -> None:
        self.found = SheetStructure()
        self._cell = ""
        self._is_text = False
        self._has_formula = False
        self._has_value = False
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, archive: zipfile.ZipFile, member: str) -> SheetStructure:
        with archive.open(member) as file:
            while content := file.read(READ_BYTES):
                self._parser.Parse(content, False)
            self._parser.Parse(b"", True)
        return self.found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._cell = attributes.get("r", "")
            kind = attributes.get("t")
            self._is_text, self._has_formula, self._has_value = kind == "str", False, False
            if kind == "e":
                self.found.errors.append(_place(self._cell))
        elif name == "f":
            self._has_formula = True
        elif name == "v" and self._has_formula:
            self._parser.CharacterDataHandler = self._value
        elif name == "row" and attributes.get("hidden") in {"1", "true"}:
            self.found.hidden_rows.append(int(attributes.get("r", 0)))

    def _value(self, text: str) -> None:
        self._has_value = self._has_value or bool(text)

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == "v":
            self._parser.CharacterDataHandler = None
        elif name == "c" and self._has_formula and not (self._has_value or self._is_text):
            self.found.uncalculated.append(_place(self._cell))


def _place(reference: str) -> tuple[int, int]:
    """Return row and column of a reference such as ``B4``; zeros where it is none."""
    match = CELL.fullmatch(reference)
    if match is None:
        return 0, 0
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(match[2]), column
