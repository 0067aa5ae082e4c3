"""The results of a file of cases, line by line, from what was written down."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from client.api.batches.batch_folder import BatchFolder, Outcome
from client.api.given import given
from client.audit import AuditStore

SHOWN_DISEASES = 3
REMOVED = "The answer was removed."


def results(folder: BatchFolder, audit: AuditStore) -> Iterator[dict[str, Any]]:
    """Yield what became of each line: ``prediction``, or the ``errors`` that were in the way."""
    for outcome in folder.outcomes():
        yield _result(outcome, audit)


def as_ndjson(found: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield one JSON object a line."""
    for each in found:
        yield msgspec.json.encode(each) + b"\n"


def as_csv(found: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a table with the most probable diseases of each line."""
    diseases = [
        f"{name}_{place}"
        for place in range(1, SHOWN_DISEASES + 1)
        for name in ("disease", "probability")
    ]
    yield _row(["line", "prediction_id", "enough_evidence", "why_not", *diseases, "problems"])
    for each in found:
        yield _row(_cells(each))


def _result(outcome: Outcome, audit: AuditStore) -> dict[str, Any]:
    if not outcome.prediction:
        return {"line": outcome.line, "errors": outcome.errors}
    written = audit.get(outcome.prediction)
    if written is None or written.output is None:
        removed = {"field": "line", "detail": REMOVED}
        return {"line": outcome.line, "errors": [removed]}
    return {"line": outcome.line, "prediction": given(written)}


def _cells(result: dict[str, Any]) -> list[object]:
    line, answer = result["line"], result.get("prediction")
    if answer is None:
        words = "; ".join(f"{each['field']}: {each['detail']}" for each in result["errors"])
        return [line, "", "", "", *[""] * (2 * SHOWN_DISEASES), words]
    ranked: list[object] = []
    for each in answer["ranked"][:SHOWN_DISEASES]:
        ranked += [each["code"], f"{each['probability']:.4f}"]
    ranked += [""] * (2 * SHOWN_DISEASES - len(ranked))
    enough = str(answer["enough_evidence"]).lower()
    return [line, answer["prediction_id"], enough, answer["why_not"], *ranked, ""]


def _row(cells: list[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(map(_plain, cells))
    return text.getvalue().encode()


def _plain(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text
