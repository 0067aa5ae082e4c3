"""The lines of a file of cases: CSV by the contract's names, or one JSON object a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from client.api.problems import ApiError, FieldError, invalid_request
from shared.contract import Contract, Feature, FlagFeature, NumericFeature, TermsFeature

Format = Literal["csv", "ndjson"]
FORMATS: dict[str, Format] = {
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
PATIENT, UNIT = "patient", ".unit"
TERM_SEPARATOR = ";"
TRUTH = {"true": True, "false": False, "1": True, "0": False}
# A note may be as long as a contract allows.
csv.field_size_limit(4 * 1024 * 1024)


@dataclass(frozen=True)
class Line:
    """One case of a file.

    Attributes
    ----------
    number : int
        As an editor or a spreadsheet shows it, from 1.
    case : dict
        By feature.
    patient : str
        The hospital's own number; empty where there is none.
    problem : str
        Why there is no case; else empty.
    """

    number: int
    case: dict[str, Any] = field(default_factory=dict)
    patient: str = ""
    problem: str = ""


class _Json(msgspec.Struct, forbid_unknown_fields=True):
    case: dict[str, Any]
    patient: str | int | None = None


def format_of(content_type: str) -> Format:
    """Return the format of a file.

    Raises
    ------
    ApiError
        415 when it is none that is read.
    """
    found = FORMATS.get(content_type.partition(";")[0].strip().lower())
    if found is None:
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unknown-format",
            "The file's format is not known",
            fix=f"Send it with a Content-Type of {', '.join(FORMATS)}.",
        )
    return found


def lines_of(content: bytes, form: Format, contract: Contract) -> Iterator[Line]:
    """Yield the cases of a file.

    Raises
    ------
    ApiError
        422 when the whole file is wrong: not UTF-8, or columns that the contract does not have.
    """
    if form == "csv":
        return _csv(content, contract)
    return _json(content)


def _json(content: bytes) -> Iterator[Line]:
    for number, raw in enumerate(io.BytesIO(content), 1):
        if not raw.strip():
            continue
        try:
            found = msgspec.json.decode(raw, type=_Json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield Line(number, problem='Expected {"case": {...}, "patient": "..."}.')
            continue
        yield Line(number, found.case, "" if found.patient is None else str(found.patient))


def _csv(content: bytes, contract: Contract) -> Iterator[Line]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        reader = csv.reader(text, strict=True)
        header = next(reader, [])
        _refuse_wrong_columns(header, contract)
        for number, cells in enumerate(reader, 2):
            if cells:
                yield _row(number, header, cells, contract)
    except UnicodeDecodeError:
        raise _whole("Expected text in UTF-8.", "Save the file as UTF-8.") from None
    except csv.Error:
        expected = "Expected cells with commas between, quoted where they hold one."
        raise _whole(expected, "Export the file again.") from None


def _refuse_wrong_columns(header: list[str], contract: Contract) -> None:
    numeric = [name for name, each in contract.recorded.items() if isinstance(each, NumericFeature)]
    known = {PATIENT, *contract.recorded, *(f"{name}{UNIT}" for name in numeric)}
    wrong = [
        FieldError(name, "", "Expected a feature of the contract.", "Leave the column out.")
        for name in header
        if name not in known
    ]
    wrong += [
        FieldError(name, "", "Expected one column of this name.", "Leave the others out.")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    if not header:
        wrong.append(FieldError("file", "", "Expected a first line with the features' names."))
    if wrong:
        raise invalid_request(wrong)


def _row(number: int, header: list[str], cells: list[str], contract: Contract) -> Line:
    if len(cells) != len(header):
        return Line(number, problem=f"Expected {len(header)} cells.")
    found = dict(zip(header, cells, strict=True))
    case: dict[str, Any] = {}
    for name, feature in contract.recorded.items():
        cell = found.get(name, "").strip()
        if cell:
            case[name] = _value(feature, cell, found.get(f"{name}{UNIT}", "").strip())
    return Line(number, case, found.get(PATIENT, "").strip())


def _value(feature: Feature, cell: str, unit: str) -> Any:  # noqa: ANN401 - as JSON has it
    """Return a cell as a request would hold it; what is wrong with it is said later."""
    if isinstance(feature, NumericFeature):
        return {"value": cell, "unit": unit} if unit else cell
    if isinstance(feature, FlagFeature):
        return TRUTH.get(cell.casefold(), cell)
    if isinstance(feature, TermsFeature):
        return [each.strip() for each in cell.split(TERM_SEPARATOR) if each.strip()]
    return cell


def _whole(expected: str, fix: str) -> ApiError:
    return invalid_request([FieldError("file", "", expected, fix)])
