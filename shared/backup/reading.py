"""Bringing a folder back: everything is checked before anything takes its place."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from shared.backup.encryption import decrypt, identity_in, is_encrypted
from shared.backup.manifest import BackupManifest, Role
from shared.backup.writing import FOLDER, MANIFEST, digest_of
from shared.errors import DataError, SettingsError

# A manifest of some 100,000 files.
LARGEST_MANIFEST = 64 * 1024 * 1024


def restore_backup(
    backup: Path,
    home: Path,
    role: Role,
    key: Path | None = None,
    prepare: Callable[[Path], object] = lambda _folder: None,
) -> BackupManifest:
    """Make the folder that a backup was made of.

    Parameters
    ----------
    home : Path
        Absent, or an empty folder: a folder in use is never written over.
    key : Path, optional
        File with the private key.
    prepare : callable, optional
        Does something with the folder before it takes its place, or refuses it.

    Raises
    ------
    SettingsError
        When the folder is in use, a key is missing, or the backup is of another role or of newer
        software.
    DataError
        When the backup is cut, changed, or no backup. The folder is as it was then.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise SettingsError(
            f"{home} is in use.", "Give another folder, or move this one away first."
        )
    if not backup.is_file():
        raise SettingsError(f"{backup} is no file.", "Give the backup's path.")
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".restore-") as work:
            plain = _plain(backup, Path(work), key)
            manifest = _unpacked(plain, Path(work) / FOLDER, role)
            prepare(Path(work) / FOLDER)
            if home.exists():
                home.rmdir()
            (Path(work) / FOLDER).replace(home)
    except OSError as error:
        raise DataError(f"{home} cannot be written: {error.strerror}.", "Make room.") from None
    return manifest


def _plain(backup: Path, work: Path, key: Path | None) -> Path:
    if not is_encrypted(backup):
        return backup
    if key is None:
        raise SettingsError(f"{backup} is encrypted.", "Give the private key's file with --key.")
    decrypt(backup, work / "plain.tar", identity_in(key))
    return work / "plain.tar"


def _unpacked(plain: Path, folder: Path, role: Role) -> BackupManifest:
    folder.mkdir(mode=0o700)
    try:
        with tarfile.open(plain, "r:") as archive:
            manifest = _manifest(archive)
            manifest.check(role, version("juntos"))
            for name, expected in manifest.files.items():
                target = folder / _safe(name)
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                member = archive.getmember(f"{FOLDER}/{name}")
                source = archive.extractfile(member) if member.isfile() else None
                if source is None or member.size != expected.size:
                    raise DataError(f"{name} is not whole in the backup.", "Take another backup.")
                with source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                target.chmod(expected.mode)
                if digest_of(target) != expected.sha256:
                    raise DataError(f"{name} was changed in the backup.", "Take another backup.")
    except (tarfile.TarError, KeyError, EOFError):
        raise DataError(
            f"{plain.name} is no backup of Juntos, or was cut.", "Take another backup."
        ) from None
    return manifest


def _manifest(archive: tarfile.TarFile) -> BackupManifest:
    member = archive.next()
    if member is None or member.name != MANIFEST or member.size > LARGEST_MANIFEST:
        raise tarfile.TarError("no manifest")
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.TarError("no manifest")
    try:
        return BackupManifest.model_validate_json(content.read())
    except ValidationError:
        raise DataError(
            "The backup's list of files cannot be read.", "Take another backup."
        ) from None


def _safe(name: str) -> PurePosixPath:
    """Refuse a path that leads out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise DataError("The backup names a file outside its folder.", "Do not use this backup.")
    return path
