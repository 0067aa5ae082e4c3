"""One file of cases in the node's folder: encrypted pieces, and what became of each."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from client.audit.vault import Vault

ABOUT, CASES, OUTCOMES, PROBLEM, LOCK = "about.json", "cases", "outcomes", "problem", "lock"
# Number of the piece, cases answered, cases refused.
DONE = re.compile(r"(\d{6})-(\d+)-(\d+)\.done")


@dataclass(frozen=True)
class About:
    """What is known of a file once it is taken in; nothing of a patient.

    Attributes
    ----------
    id, caller, form, created : str
    cases, pieces : int
    """

    id: str
    caller: str
    form: str
    created: str
    cases: int
    pieces: int


@dataclass(frozen=True)
class Asked:
    """One line as it waits.

    Attributes
    ----------
    line : int
    case : dict
    patient : str
        Pseudonym; empty where no patient was named.
    problem : str
        Why there is no case; else empty.
    """

    line: int
    case: dict[str, Any]
    patient: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """What becomes of one line.

    Attributes
    ----------
    line : int
    prediction : str
        Id of the answer; empty where there is none.
    errors : tuple of dict
        What was wrong, as problems list it.
    """

    line: int
    prediction: str = ""
    errors: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a file is.

    Attributes
    ----------
    answered, refused : int
        Cases.
    pieces : frozenset of int
        Those that are done.
    """

    answered: int
    refused: int
    pieces: frozenset[int]


class BatchFolder:
    """The folder of one file.

    Of each piece there is first its encrypted cases, then a plan with the ids that its answers will
    have, then the same plan marked as done; its cases are removed last. Whatever cuts this off, the
    next process finds by the ids whether the piece was answered.

    Parameters
    ----------
    path : Path
    vault : Vault
    """

    def __init__(self, path: Path, vault: Vault) -> None:
        self.path = path
        self._vault = vault

    @property
    def id(self) -> str:
        """Of the file."""
        return self.path.name

    def about(self) -> About:
        """Return what is known of it."""
        return msgspec.json.decode((self.path / ABOUT).read_bytes(), type=About)

    def add_piece(self, number: int, asked: Sequence[Asked]) -> None:
        """Keep a piece, encrypted."""
        (self.path / CASES).mkdir(mode=0o700, exist_ok=True)
        content = {"asked": [asdict(each) for each in asked]}
        write_whole(self._cases(number), self._vault.seal(self._name(number), content))

    def complete(self, about: About) -> None:
        """Write down that all pieces are there."""
        (self.path / OUTCOMES).mkdir(mode=0o700, exist_ok=True)
        write_whole(self.path / ABOUT, msgspec.json.encode(about))

    def waiting(self) -> list[int]:
        """Return the pieces that are not done, in order."""
        done = self.progress().pieces
        return [number for number in range(1, self.about().pieces + 1) if number not in done]

    def piece(self, number: int) -> list[Asked]:
        """Return the cases of a piece."""
        content = self._vault.open(self._name(number), self._cases(number).read_bytes())
        return msgspec.convert(content["asked"], list[Asked])

    def replace_piece(self, number: int, asked: Sequence[Asked]) -> None:
        """Change a piece that is still there."""
        if self._cases(number).exists():
            self.add_piece(number, asked)

    def plan(self, number: int) -> list[Outcome] | None:
        """Return what was to become of a piece; None where nothing was planned yet."""
        path = self._plan(number)
        if not path.exists():
            return None
        return msgspec.json.decode(path.read_bytes(), type=list[Outcome])

    def write_plan(self, number: int, outcomes: Sequence[Outcome]) -> None:
        """Write down what is to become of a piece, before it does."""
        write_whole(self._plan(number), msgspec.json.encode(list(outcomes)))

    def finish(self, number: int, outcomes: Sequence[Outcome]) -> None:
        """Mark a piece as done."""
        answered = sum(bool(each.prediction) for each in outcomes)
        name = f"{number:06}-{answered}-{len(outcomes) - answered}.done"
        self._plan(number).rename(self.path / OUTCOMES / name)
        flush_folder(self.path / OUTCOMES)
        self._cases(number).unlink(missing_ok=True)

    def progress(self) -> Progress:
        """Return how far it is."""
        names = (path.name for path in (self.path / OUTCOMES).iterdir())
        found = [tuple(map(int, match.groups())) for name in names if (match := DONE.match(name))]
        return Progress(
            sum(answered for _, answered, _ in found),
            sum(refused for _, _, refused in found),
            frozenset(number for number, _, _ in found),
        )

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what became of each line, in order."""
        for path in sorted((self.path / OUTCOMES).glob("*.done")):
            yield from msgspec.json.decode(path.read_bytes(), type=list[Outcome])

    @property
    def problem(self) -> str:
        """Why it does not go on; empty where it does."""
        try:
            return (self.path / PROBLEM).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    @problem.setter
    def problem(self, text: str) -> None:
        if text:
            (self.path / PROBLEM).write_text(text, encoding="utf-8")
        else:
            (self.path / PROBLEM).unlink(missing_ok=True)

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Keep other processes off the file; False where one is at it."""
        with (self.path / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def remove(self) -> None:
        """Take everything away; who works at it finds it gone."""
        gone = self.path.with_name(f".gone-{self.id}")
        self.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _cases(self, number: int) -> Path:
        return self.path / CASES / f"{number:06}"

    def _plan(self, number: int) -> Path:
        return self.path / OUTCOMES / f"{number:06}.plan"

    def _name(self, number: int) -> str:
        return f"batch {self.id.removeprefix('.new-')} {number}"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all, and on the disk."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
