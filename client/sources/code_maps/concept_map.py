"""Tables of codes as FHIR ConceptMap resources (R4; R5's relationships are understood too)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from client.sources.code_maps.entries import DEFAULT, EQUIVALENCES, Entry, Flaw
from shared.errors import SettingsError


class _Target(msgspec.Struct, rename="camel"):
    code: str = ""
    equivalence: str = ""
    relationship: str = ""
    depends_on: list[msgspec.Raw] = []
    product: list[msgspec.Raw] = []


class _Element(msgspec.Struct):
    code: str = ""
    target: list[_Target] = []


class _Group(msgspec.Struct):
    source: str = ""
    target: str = ""
    element: list[_Element] = []


class _ConceptMap(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    group: list[_Group] = []


def read_concept_map(path: Path) -> tuple[list[Entry], list[Flaw]]:
    """Return the lines of a ConceptMap; what it does not map and why not is left out.

    Raises
    ------
    SettingsError
        When the file is no ConceptMap.
    """
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_ConceptMap)
    except msgspec.MsgspecError as error:
        # It names places of the resource, which is no patient's.
        raise SettingsError(f"{path} is no FHIR ConceptMap: {error}.", "Export it again.") from None
    if content.resource_type != "ConceptMap":
        raise SettingsError(
            f"{path} is a FHIR {content.resource_type or 'file'} and no ConceptMap.",
            "Name the ConceptMap.",
        )
    entries, flaws = [], []
    for number, group in enumerate(content.group, 1):
        for place, element in enumerate(group.element, 1):
            for target in element.target:
                where = f"group {number}, element {place}"
                entry = _entry(where, group, element, target)
                entries.append(entry)
                if entry.equivalence not in EQUIVALENCES:
                    flaws.append(Flaw(where, "no equivalence of FHIR"))
    return entries, flaws


def _entry(place: str, group: _Group, element: _Element, target: _Target) -> Entry:
    return Entry(
        place=place,
        system=group.source,
        code=element.code,
        target_system=group.target,
        target=target.code,
        equivalence=target.equivalence or target.relationship or DEFAULT,
        condition=bool(target.depends_on or target.product),
    )
