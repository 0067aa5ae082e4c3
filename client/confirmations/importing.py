"""A CSV file of confirmed diagnoses, written down as a whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from client.confirmations.case import ConfirmedCase
from client.confirmations.confirmation import Confirmation
from client.confirmations.confirmations import Confirmations
from client.sources.codes import normalise_code
from shared.errors import DataError, Problem, SettingsError

COLUMNS = ("prediction_id", "patient", "diagnosis", "date")
_SEPARATORS = ",;\t"
_FIX = (
    "Write one row for each diagnosis under the columns prediction_id or patient, diagnosis, date."
)


@dataclass(frozen=True)
class Imported:
    """What came of a file.

    Attributes
    ----------
    added : int
        Confirmations that were written down.
    unchanged : int
        Rows that say what the same source said before.
    conflicts, without_answer : int
        Cases of the file whose sources do not agree now, and that no answer belongs to.
    """

    added: int
    unchanged: int
    conflicts: int
    without_answer: int


@dataclass(frozen=True)
class _Row:
    number: int
    cells: Mapping[str, str]


def import_file(
    confirmations: Confirmations,
    path: Path,
    *,
    who: str,
    source: str,
    local_codes: Mapping[str, str],
) -> Imported:
    """Write down a CSV file of confirmations: all of them or none.

    Parameters
    ----------
    who : str
        Who brings the file.
    source : str
        Whose word it is; a later file of the same source corrects an earlier one.
    local_codes : mapping of str to str
        The contract's code for the hospital's own, as the mapping has them.

    Raises
    ------
    DataError
        With every problem by row.
    AuditUnavailableError
        When nothing can be written.
    """
    problems: list[Problem] = []
    found: list[Confirmation] = []
    reader = _Reader(confirmations, path.name, who, source, local_codes)
    codes: dict[tuple[str, str], str] = {}
    for row in _rows(path):
        confirmation, of_row = reader.read(row)
        problems += of_row
        about = (confirmation.prediction or confirmation.patient, confirmation.date)
        known = codes.setdefault(about, confirmation.code)
        if known != confirmation.code and not of_row:
            expected = "the diagnosis that an earlier row gives the same answer or patient"
            problems.append(
                Problem(path.name, row.number, "diagnosis", expected, "Take one of the rows out.")
            )
        if len(codes) > len(found):
            found.append(confirmation)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        fix = "Correct them and import the file again; nothing of it was written down."
        raise DataError(f"{path.name}: {count}.", fix, problems)
    before = {_said(each) for case in confirmations.cases() for each in _standing(case)}
    new = [each for each in found if _said(each) not in before]
    confirmations.write(new)
    return _imported(confirmations, found, new)


@dataclass(frozen=True)
class _Reader:
    confirmations: Confirmations
    file: str
    who: str
    source: str
    local_codes: Mapping[str, str]

    def read(self, row: _Row) -> tuple[Confirmation, list[Problem]]:
        """Return what a row says, and what is wrong with it."""
        cells = row.cells
        problems: list[Problem] = []
        patient = self._patient(cells["patient"], problems, row.number)
        given = Confirmation(
            code=self._code(cells["diagnosis"]),
            who=self.who,
            source=self.source,
            prediction=cells["prediction_id"],
            patient=patient,
            date=cells["date"],
        )
        whole, wrong = self.confirmations.completed(given)
        if not cells["diagnosis"]:
            wrong["diagnosis"] = ("a diagnosis", "Write its code, or leave the row out.")
        names = {"prediction": "prediction_id"}
        problems += [
            Problem(self.file, row.number, names.get(name, name), *words)
            for name, words in wrong.items()
            # Where the patient's number is wrong, that is all there is to say.
            if not (problems and name == "prediction")
        ]
        return whole, problems

    def _patient(self, number: str, problems: list[Problem], row: int) -> str:
        if not number:
            return ""
        try:
            return self.confirmations.audit.pseudonym(number)
        except SettingsError as error:
            problems.append(Problem(self.file, row, "patient", "a patient's number", error.fix))
            return ""

    def _code(self, text: str) -> str:
        if text in self.confirmations.contract.classes:
            return text
        return self.local_codes.get(normalise_code(text), text)


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is no text in UTF-8.", "Save it as CSV UTF-8.") from None
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [each.strip().casefold() for each in next(table, [])]
    _refuse_columns(path.name, names)
    empty = True
    for cells in table:
        if not any(each.strip() for each in cells):
            continue
        empty = False
        if len(cells) > len(names):
            expected = f"{len(names)} cells, as the first row has"
            raise DataError(
                f"{path.name}: 1 problem.",
                _FIX,
                [Problem(path.name, table.line_num, "", expected, "Correct the row.")],
            )
        values = dict(zip(names, (each.strip() for each in cells), strict=False))
        yield _Row(table.line_num, {name: values.get(name, "") for name in COLUMNS})
    if empty:
        raise DataError(f"{path.name} holds no rows.", _FIX)


def _refuse_columns(file: str, names: list[str]) -> None:
    problems = [
        Problem(file, None, name, f"one of the columns {', '.join(COLUMNS)}", "Take it out.")
        for name in names
        if name not in COLUMNS
    ]
    if "diagnosis" not in names or not {"prediction_id", "patient"} & set(names):
        problems.append(
            Problem(file, None, "", "the columns prediction_id or patient, and diagnosis", _FIX)
        )
    if "patient" in names and "date" not in names and "prediction_id" not in names:
        problems.append(Problem(file, None, "date", "the day of each diagnosis", _FIX))
    if problems:
        raise DataError(f"{file} has not the columns of confirmations.", _FIX, problems)


def _said(confirmation: Confirmation) -> tuple[str, ...]:
    """Return what makes two statements the same."""
    about = confirmation.prediction or confirmation.patient
    return confirmation.speaker, about, confirmation.code, confirmation.date


def _standing(case: ConfirmedCase) -> list[Confirmation]:
    """Return the last word of each source."""
    return list({each.speaker: each for each in case.history}.values())


def _imported(
    confirmations: Confirmations, found: list[Confirmation], new: list[Confirmation]
) -> Imported:
    said = {_said(each) for each in found}
    about = [
        case for case in confirmations.cases() if any(_said(each) in said for each in case.history)
    ]
    return Imported(
        added=len(new),
        unchanged=len(found) - len(new),
        conflicts=sum(case.state == "conflict" for case in about),
        without_answer=sum(not case.prediction for case in about),
    )
