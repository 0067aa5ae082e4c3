"""Files of packets: one, those of a folder, or those of a ZIP archive that is not to be trusted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from client.sources.phenopackets.packet import LARGEST_PACKET, PacketError
from client.sources.remote import DataFile
from shared.errors import DataError

ARCHIVE, PACKET = ".zip", ".json"
MOST_MEMBERS = 1_000_000
# Text of packets shrinks to a tenth or so; what shrinks far more was made to fill a disk.
LARGEST_RATIO = 200
SMALL = 64 << 10
CANNOT_READ = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError)


def contents_of(file: DataFile) -> Iterator[tuple[str, bytes | PacketError]]:
    """Yield the name and content of each file of packets, or what is wrong with it; one at a time.

    Raises
    ------
    DataError
        When there is none, the archive is damaged, or it was made to do harm.
    """
    found = 0
    for name, content in _contents(file):
        found += 1
        yield name, content
    if not found:
        raise DataError(
            f"{file.address} holds no file whose name ends in {PACKET}.",
            "Correct source.path in the mapping.",
        )


def _contents(file: DataFile) -> Iterator[tuple[str, bytes | PacketError]]:
    if file.is_folder():
        for each in file.files(PACKET):
            yield each.path[len(file.path.rstrip("/")) + 1 :], _whole(each)
        return
    file.refuse_absent()
    if file.name.casefold().endswith(ARCHIVE):
        yield from _members(file)
    else:
        yield file.name, _whole(file)


def _whole(file: DataFile) -> bytes | PacketError:
    with file.open() as opened:
        content = opened.read(LARGEST_PACKET + 1)
    return _too_large() if len(content) > LARGEST_PACKET else content


def _members(file: DataFile) -> Iterator[tuple[str, bytes | PacketError]]:
    try:
        with file.open() as opened, zipfile.ZipFile(opened) as archive:
            members = archive.infolist()
            _refuse_harm(file, members)
            for member in members:
                path = PurePosixPath(member.filename)
                is_left_behind = any(part.startswith((".", "__MACOSX")) for part in path.parts)
                if path.suffix.casefold() == PACKET and not is_left_behind:
                    yield member.filename, _member(archive, member)
    except CANNOT_READ:
        raise DataError(
            f"{file.address} is not a ZIP archive, or is damaged, or is encrypted.",
            "Pack the folder again, without a password.",
        ) from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | PacketError:
    """Return a member as it unpacks, whatever size it claims to have."""
    with archive.open(member) as opened:
        content = opened.read(LARGEST_PACKET + 1)
    return _too_large() if len(content) > LARGEST_PACKET else content


def _refuse_harm(file: DataFile, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what leads out of the archive, or unpacks to far more than packets do."""
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise DataError(
                f"{file.address} has a member whose path leads out of the archive.",
                "Ask whoever made it; nothing of it was read.",
            )
    grown = sum(each.file_size for each in members)
    packed = sum(each.compress_size for each in members)
    if len(members) > MOST_MEMBERS or (grown > SMALL and grown > LARGEST_RATIO * max(packed, 1)):
        raise DataError(
            f"{file.address} unpacks to far more than phenopackets do.",
            "Ask whoever made it; nothing of it was read.",
        )


def _too_large() -> PacketError:
    return PacketError(f"at most {LARGEST_PACKET >> 20} MiB in one file")
