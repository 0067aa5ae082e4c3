"""Parts of a bundle that are on their way, on the disk: each may come to another process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from client.serving.incoming import forget
from shared.deployment.messages import DeployHeader
from shared.deployment.packing import hash_of
from shared.errors import BundleError

PREFIX = ".arriving-"


class Arriving:
    """The parts of one bundle.

    Parameters
    ----------
    folder : Path
        Of the store of models.
    header : DeployHeader
    """

    def __init__(self, folder: Path, header: DeployHeader) -> None:
        self._store = folder
        self._header = header
        self._folder = folder / f"{PREFIX}{header.content_hash}"

    def begin(self) -> None:
        """Make room; what was on its way before is not awaited any more."""
        with _writing():
            self._store.mkdir(mode=0o700, exist_ok=True)
            for path in self._store.glob(f"{PREFIX}*"):
                forget(path)
            self._folder.mkdir(mode=0o700)

    def add(self, content: npt.NDArray[np.uint8]) -> None:
        """Take a part.

        Raises
        ------
        BundleError
            When it was not announced, is too large, or the disk refuses.
        """
        if not self._folder.is_dir():
            raise BundleError("A part of a bundle that was not offered.", "Deploy it again.")
        if self._held() + len(content) > self._header.size:
            raise BundleError("The bundle is larger than was said.")
        with _writing():
            path = self._path(self._header.part)
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                file.write(content.tobytes())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)

    def whole(self) -> bytes:
        """Put the parts together.

        Raises
        ------
        BundleError
            When one is missing, or the content is not what was said.
        """
        paths = [self._path(number) for number in range(1, self._header.parts + 1)]
        if not all(path.is_file() for path in paths):
            raise BundleError("A part of the bundle did not arrive.", "Deploy it again.")
        content = b"".join(path.read_bytes() for path in paths)
        if hash_of(content) != self._header.content_hash:
            raise BundleError("The bundle changed on its way.", "Deploy it again.")
        return content

    def end(self) -> None:
        """Remove the parts."""
        forget(self._folder)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.part"

    def _held(self) -> int:
        others = [
            path for path in self._folder.glob("*.part") if path != self._path(self._header.part)
        ]
        held = 0
        for path in others:
            with suppress(FileNotFoundError):
                held += path.stat().st_size
        return held


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BundleError(f"The bundle cannot be stored: {error.strerror}.") from None
