"""Making a backup: copies first, so that everything in it is of one piece."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from shared.backup.contents import copy_database, is_database, kept_files
from shared.backup.encryption import encrypt, recipient_of
from shared.backup.manifest import BackupManifest, KeptFile, Role
from shared.errors import DataError

MANIFEST = "manifest.json"
FOLDER = "files"
# Hidden, so that no backup holds another's copies.
WORK = ".backup-"


def write_backup(
    home: Path,
    out: Path,
    role: Role,
    *,
    recipient: str = "",
    left_out: Sequence[str] = (),
    elsewhere: Sequence[str] = (),
) -> BackupManifest:
    """Write a folder into one file, which is there whole or not at all; the service may run.

    Parameters
    ----------
    recipient : str
        Public key that the file is encrypted for; plain without one.

    Raises
    ------
    SettingsError
        When the key is none.
    DataError
        When there is no room; nothing is left of the file then.
    """
    key = recipient_of(recipient) if recipient else None
    partial = out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_copies(home)
        # Copies that are not encrypted yet stay on the disk where the folder is.
        with tempfile.TemporaryDirectory(dir=home, prefix=f"{WORK}{os.getpid()}-") as work:
            copies, plain = Path(work) / FOLDER, Path(work) / "plain.tar"
            manifest = _copied(home, copies, role, left_out, elsewhere)
            _pack(manifest, copies, plain)
            if key is None:
                plain.chmod(0o600)
                shutil.copy2(plain, partial)
            else:
                encrypt(plain, partial, key)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(
            f"The backup {out} cannot be written: {error.strerror}.",
            "Make room there, and for two copies of the folder beside it for a while.",
        ) from None
    return manifest


def remove_copies(home: Path) -> None:
    """Remove the copies that a killed backup left in a folder."""
    for path in home.glob(f"{WORK}*"):
        number = path.name.removeprefix(WORK).partition("-")[0]
        if not (number.isdecimal() and psutil.pid_exists(int(number))):
            shutil.rmtree(path, ignore_errors=True)


def _copied(
    home: Path, copies: Path, role: Role, left_out: Sequence[str], elsewhere: Sequence[str]
) -> BackupManifest:
    files: dict[str, KeptFile] = {}
    for path in kept_files(home, left_out):
        inside = path.relative_to(home)
        copy = copies / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy_database(path, copy) if is_database(path) else shutil.copy2(path, copy)
        except FileNotFoundError:
            # The service removed it meanwhile, as it removes what is too old.
            continue
        mode = stat.S_IMODE(copy.stat().st_mode)
        files[inside.as_posix()] = KeptFile(
            sha256=digest_of(copy), size=copy.stat().st_size, mode=mode
        )
    return BackupManifest(
        role=role,
        software=version("juntos"),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        folder=str(home.absolute()),
        files=files,
        elsewhere=list(elsewhere),
    )


def _pack(manifest: BackupManifest, copies: Path, plain: Path) -> None:
    described = copies.parent / MANIFEST
    described.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    with tarfile.open(plain, "w") as archive:
        archive.add(described, MANIFEST)
        for name in manifest.files:
            archive.add(copies / name, f"{FOLDER}/{name}", recursive=False)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
