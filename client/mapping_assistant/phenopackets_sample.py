"""The first packets of a file, a folder or an archive of phenopackets."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from client.mapping_assistant.sample import Sample, first_rows
from client.sources.phenopackets.archive import ARCHIVE, PACKET, contents_of
from client.sources.phenopackets.packet import PacketError, packets_of
from client.sources.phenopackets.settings import COLUMNS, PATIENT, PhenopacketsSettings
from client.sources.phenopackets.source import PhenopacketsSource
from client.sources.remote import locate
from shared.errors import JuntosError
from shared.settings_file import parse

SOURCE = "SOURCE"
KIND = "phenopackets"
# Files looked at to find out what a folder holds.
FIRST = 3


def holds_packets(path: str, folder: Path) -> bool:
    """Say whether one of the first files is a phenopacket; other JSON may be FHIR."""
    suffix = PurePosixPath(path).suffix.casefold()
    if suffix not in (ARCHIVE, PACKET, ""):
        return False
    try:
        file = locate(parse(PhenopacketsSettings, {"kind": KIND, "path": path}, SOURCE), folder)
        for place, (_, content) in enumerate(contents_of(file)):
            if isinstance(content, bytes) and _has_findings(content):
                return True
            if place + 1 >= FIRST:
                return False
    except JuntosError:
        # Whoever reads it as what it is says what is wrong.
        return suffix == ARCHIVE
    return False


def phenopackets_sample(path: str, folder: Path) -> Sample:
    """Return the rows of the packets, without columns that are empty in all."""
    source = {"kind": KIND, "path": path}
    reader = PhenopacketsSource(locate(parse(PhenopacketsSettings, source, SOURCE), folder))
    cells, whole = first_rows(reader, COLUMNS)
    used = [name for name in cells if name == PATIENT or cells[name].map(_says_something).any()]
    return Sample(cells[used], source, reader.name, whole)


def _has_findings(content: bytes) -> bool:
    try:
        return any(each.phenotypic_features for each in packets_of(content))
    except PacketError:
        return False


def _says_something(cell: object) -> bool:
    return bool(cell) if isinstance(cell, list | str) else cell is not None and cell == cell
