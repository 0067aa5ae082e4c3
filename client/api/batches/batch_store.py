"""All files of cases of a node."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from client.api.batches.batch_folder import About, Asked, BatchFolder
from client.api.batches.lines import Format, Line, lines_of
from client.api.problems import ApiError, FieldError, invalid_request
from client.audit import new_id
from client.audit.vault import Vault
from client.serving.services import NodeServices
from shared.errors import SettingsError

FOLDER = "batches"
# Answers of a piece are written down in one transaction, which other requests wait for.
CASES_OF_A_PIECE = 100
ID = re.compile(r"[0-9a-f-]{36}")
NEW = ".new-"


def no_such_file() -> ApiError:
    """Return the problem of a file that is not there, or another key's."""
    return ApiError(404, "no-such-file", "There is no such file of cases")


class BatchFiles:
    """The files in the folder ``batches/`` of a node.

    Parameters
    ----------
    folder : Path
        Made when first needed.
    vault : Vault
    """

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def all(self) -> list[BatchFolder]:
        """Return all files, the oldest first."""
        if not self._folder.is_dir():
            return []
        names = sorted(path.name for path in self._folder.iterdir())
        return [self._of(name) for name in names if ID.fullmatch(name)]

    def get(self, name: str) -> BatchFolder:
        """Return one file.

        Raises
        ------
        ApiError
            404 when there is none.
        """
        if ID.fullmatch(name) is None or not (self._folder / name).is_dir():
            raise no_such_file()
        return self._of(name)

    def remove_older(self, age: timedelta) -> int:
        """Remove files that are done and came longer ago, and what was cut off; return how many."""
        oldest = datetime.now(UTC) - age
        gone = [
            each
            for each in self.all()
            if datetime.fromisoformat(each.about().created) < oldest and not each.waiting()
        ]
        for each in gone:
            each.remove()
        for path in self._folder.glob(".[ng]*") if self._folder.is_dir() else ():
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < oldest:
                shutil.rmtree(path, ignore_errors=True)
        return len(gone)

    def begin(self) -> BatchFolder:
        """Return the folder of a new file, which is not among the others yet."""
        path = self._folder / f"{NEW}{new_id()}"
        path.mkdir(mode=0o700, parents=True)
        return self._of(path.name)

    def take_in(self, new: BatchFolder, about: About) -> BatchFolder:
        """Put a new file among the others, once all of it is there."""
        new.complete(about)
        path = self._folder / about.id
        new.path.rename(path)
        return self._of(path.name)

    def _of(self, name: str) -> BatchFolder:
        return BatchFolder(self._folder / name, self._vault)


def take_in(
    files: BatchFiles,
    services: NodeServices,
    content: bytes,
    form: Format,
    *,
    caller: str,
    most_cases: int,
) -> BatchFolder:
    """Keep a file of cases to be answered; nothing is kept where the whole file is wrong.

    Raises
    ------
    ApiError
        422 when it is, or holds too many cases or none.
    """
    new = files.begin()
    try:
        cases, pieces = 0, 0
        for piece in _pieces(lines_of(content, form, services.contract)):
            cases, pieces = cases + len(piece), pieces + 1
            if cases > most_cases:
                fix = "Send several files."
                raise invalid_request(
                    [FieldError("file", "", f"Expected at most {most_cases} cases.", fix)]
                )
            new.add_piece(pieces, [_asked(services, each) for each in piece])
        if not cases:
            raise invalid_request([FieldError("file", "", "Expected at least one case.")])
        name = new.id.removeprefix(NEW)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return files.take_in(new, About(name, caller, form, created, cases, pieces))
    except BaseException:
        shutil.rmtree(new.path, ignore_errors=True)
        raise


def _pieces(lines: Iterator[Line]) -> Iterator[list[Line]]:
    piece: list[Line] = []
    for line in lines:
        piece.append(line)
        if len(piece) == CASES_OF_A_PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _asked(services: NodeServices, line: Line) -> Asked:
    """Return a line as it is kept: with the patient's pseudonym instead of the number."""
    if not line.patient or line.problem:
        return Asked(line.number, line.case, problem=line.problem)
    try:
        patient = services.audit.pseudonym(line.patient)
    except SettingsError as error:
        return Asked(line.number, {}, problem=f"patient: {error.what}")
    return Asked(line.number, line.case, patient)
