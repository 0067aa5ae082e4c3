"""Files and folders where they are: on this machine, or on cloud storage by an fsspec address."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from client.sources.file_settings import FileSettings, StorageSettings
from client.sources.storage_errors import storage_error
from shared.errors import DataError, JuntosError, SettingsError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

READ_BYTES = 1 << 20
# Ranges of a remote file are fetched in pieces of this size.
REMOTE_BLOCK_BYTES = 8 << 20
CONNECT_SECONDS = 10
READ_SECONDS = 60


@dataclass(frozen=True)
class DataFile:
    """A file or folder.

    Attributes
    ----------
    filesystem : AbstractFileSystem
    path : str
        As the file system names it.
    address : str
        What a person calls its place: the path, or the address.
    is_remote : bool
    """

    filesystem: AbstractFileSystem
    path: str
    address: str
    is_remote: bool

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rstrip("/").rpartition("/")[2]

    def is_folder(self) -> bool:
        """Return whether it is a folder.

        Raises
        ------
        DataError
            When it does not exist, or cannot be reached.
        """
        return str(self._look()["type"]) == "directory"

    def refuse_absent(self) -> None:
        """Raise DataError when there is no such file, or nothing in it."""
        found = self._look()
        if found["type"] != "file":
            raise DataError(f"{self.address} is a folder.", "Name a file in source.path.")
        if found["size"] == 0:
            raise DataError(f"{self.address} is empty.", "Export the data again.")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open a file for reading anywhere in it; every failure is a DataError."""
        with self._explained():
            opened = self._open()
        with io.BufferedReader(_ExplainedFile(opened, self), READ_BYTES) as file:
            yield file

    def files(self, suffix: str) -> list[DataFile]:
        """Return the files below a folder whose names end so, in the order of their paths.

        Names that begin with a dot or an underscore are what writers leave behind, and left out.
        """
        with self._explained():
            paths = sorted(self.filesystem.find(self.path))
        start = len(self.path.rstrip("/")) + 1
        parts = {path: path[start:].split("/") for path in paths}
        return [
            replace(self, path=path, address=f"{self.address.rstrip('/')}/{'/'.join(parts[path])}")
            for path in paths
            if path.endswith(suffix) and not any(part[0] in "._" for part in parts[path] if part)
        ]

    def error(self, error: Exception) -> JuntosError:
        """Return what a person is told of a failure."""
        return storage_error(error, self.filesystem, self.path, self.address, self.is_remote)

    def _look(self) -> dict[str, Any]:
        with self._explained():
            found: dict[str, Any] = self.filesystem.info(self.path)
        return found

    def _open(self) -> IO[bytes]:
        if not self.is_remote:
            return Path(self.path).open("rb", buffering=0)
        opened: IO[bytes] = self.filesystem.open(self.path, "rb", block_size=REMOTE_BLOCK_BYTES)
        return opened

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except JuntosError:
            raise
        # Every storage has exceptions of its own, and messages that may quote a key.
        except Exception as error:
            raise self.error(error) from None


class _ExplainedFile(io.RawIOBase):
    """A file whose failures say what a person can do."""

    def __init__(self, file: IO[bytes], place: DataFile) -> None:
        super().__init__()
        self._file = file
        self._place = place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as in RawIOBase
        try:
            content = self._file.read(len(buffer))
        except Exception as error:
            raise self._place.error(error) from None
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def locate(settings: FileSettings, folder: Path) -> DataFile:
    """Return the file or folder of a mapping; relative paths start at `folder`.

    Raises
    ------
    SettingsError
        When the storage's library is not installed, or finds no credentials.
    """
    import fsspec

    if "://" not in settings.path:
        path = str(folder / settings.path)
        return DataFile(fsspec.filesystem("file"), path, path, is_remote=False)
    protocol = settings.path.partition("://")[0]
    try:
        kind = fsspec.get_filesystem_class(protocol)
    except ImportError:
        library = {"s3": "s3fs", "https": "aiohttp"}.get(protocol, "")
        library = library or ("gcsfs" if protocol in {"gs", "gcs"} else "adlfs")
        raise SettingsError(
            f"The library for {protocol}:// is not installed.",
            f'Install it beside Juntos: pip install "juntos[cloud]" {library}',
        ) from None
    # An Azure address may name the account.
    options = {
        **kind._get_kwargs_from_urls(settings.path),
        **_options(protocol, settings.storage),
    }
    path = str(kind._strip_protocol(settings.path))
    try:
        filesystem = kind(use_listings_cache=False, skip_instance_cache=True, **options)
    # Some look for credentials at once.
    except Exception as error:
        raise storage_error(error, None, path, settings.path, is_remote=True) from None
    return DataFile(filesystem, path, settings.path, is_remote=True)


def _options(protocol: str, settings: StorageSettings) -> dict[str, object]:
    """Return what a file system is told besides what its library finds in the environment."""
    if protocol == "s3":
        given = {"endpoint_url": settings.endpoint_url, "profile": settings.profile}
        region = {"region_name": settings.region} if settings.region else {}
        waiting = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        return {
            **{name: value for name, value in given.items() if value},
            "anon": settings.anonymous,
            "client_kwargs": region,
            "config_kwargs": waiting,
        }
    if protocol in {"gs", "gcs"}:
        token = {"token": "anon"} if settings.anonymous else {}
        given = {"endpoint_url": settings.endpoint_url, "project": settings.project}
        return {**{name: value for name, value in given.items() if value}, **token}
    if protocol == "https":
        return {}
    account = {"account_name": settings.account_name} if settings.account_name else {}
    return {**account, "anon": settings.anonymous}
