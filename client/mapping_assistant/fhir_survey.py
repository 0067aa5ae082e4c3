"""Which codes the resources of a FHIR export have, how often, and what kind of value with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import msgspec
from msgspec import Struct

from client.sources.fhir.files import FileExport
from client.sources.remote import DataFile
from shared.errors import DataError

SURVEYED = ("Observation", "Condition", "DocumentReference")
MOST_RESOURCES = 200_000
Key = tuple[str, str]


class _Coding(Struct, gc=False):
    system: str = ""
    code: str = ""
    display: str = ""


class _Concept(Struct, gc=False):
    coding: list[_Coding] = []


class _Component(Struct, rename="camel", gc=False):
    code: _Concept | None = None
    value_quantity: msgspec.Raw = msgspec.Raw()


class _Resource(Struct, rename="camel", gc=False):
    code: _Concept | None = None
    value_quantity: msgspec.Raw = msgspec.Raw()
    component: list[_Component] = []


@dataclass
class CodeSeen:
    """A code of one type of resource.

    Attributes
    ----------
    resource, system, code : str
    count, quantities : int
        Resources with the code, and those of them with a number and its unit.
    displays : Counter of str
        What the code system calls it; never the text that a person wrote beside it.
    """

    resource: str
    system: str
    code: str
    count: int = 0
    quantities: int = 0
    displays: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> list[str]:
        """What it may be called: its display, and the code where that is a word."""
        shown = [name for name, _ in self.displays.most_common(1)]
        return [*shown, self.code] if any(map(str.isalpha, self.code)) else shown

    @property
    def address(self) -> str:
        """The code as a field names it."""
        return f"{self.system}|{self.code}" if self.system else self.code


@dataclass(frozen=True)
class Survey:
    """What an export holds.

    Attributes
    ----------
    codes : list of CodeSeen
        The most frequent first.
    documents : int
        Notes.
    """

    codes: list[CodeSeen]
    documents: int

    def of(self, resource: str) -> list[CodeSeen]:
        """Return the codes of a type of resource."""
        return [each for each in self.codes if each.resource == resource]


def survey(file: DataFile) -> Survey:
    """Look through the first resources of an export.

    Raises
    ------
    DataError
        When a file cannot be read, or a resource is none.
    """
    seen: dict[tuple[str, Key], CodeSeen] = {}
    documents = 0
    decoder = msgspec.json.Decoder(_Resource)
    with closing(FileExport(file)) as export:
        wanted = dict.fromkeys(SURVEYED)
        for kind, content in islice(export.resources(wanted), MOST_RESOURCES):
            if kind == "DocumentReference":
                documents += 1
                continue
            try:
                resource = decoder.decode(content)
            except msgspec.MsgspecError:
                raise DataError(
                    f"{export.name} holds a {kind} that is no FHIR resource.", "Export it again."
                ) from None
            for coding, has_number in _codings(resource):
                key = (kind, (coding.system, coding.code))
                found = seen.setdefault(key, CodeSeen(kind, coding.system, coding.code))
                found.count += 1
                found.quantities += has_number
                found.displays.update([coding.display] if coding.display else [])
    return Survey(sorted(seen.values(), key=lambda each: -each.count), documents)


def _codings(resource: _Resource) -> Iterator[tuple[_Coding, bool]]:
    parts: list[_Resource | _Component] = [resource, *resource.component]
    for part in parts:
        for coding in part.code.coding if part.code is not None else []:
            if coding.code:
                yield coding, bool(bytes(part.value_quantity))
