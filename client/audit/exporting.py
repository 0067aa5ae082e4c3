"""Answers written to a file, for whoever looks at them elsewhere."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TextIO

from client.audit.prediction import Recorded

Format = Literal["jsonl", "csv"]

_OF_ENTRY = (
    "id", "time", "request", "caller", "patient", "model", "model_digest", "contract", "mode",
    "beside", "latency", "input_hash",
)  # fmt: skip
_OF_OUTPUT = ("first_code", "first_probability", "prediction_set", "enough_evidence")
_PLACE = ("chain", "number", "hash")


def export(
    answers: Iterable[Recorded],
    path: Path,
    form: Format,
    *,
    with_input: bool = False,
    with_output: bool = True,
) -> int:
    """Write answers to a file that only its owner can read, whole or not; return how many.

    Parameters
    ----------
    with_input, with_output : bool
        Whether what was asked, and all that was answered, is written too.
    """
    with _whole(path) as file:
        if form == "jsonl":
            return _write_lines(file, answers, with_input, with_output)
        return _write_table(file, answers, with_input)


def as_json(answer: Recorded, with_input: bool, with_output: bool) -> dict[str, Any]:
    """Return an answer as plain values."""
    content = asdict(answer)
    if not with_input:
        del content["input"]
    if not with_output:
        del content["output"]
    return content


def summary_of(answer: Recorded) -> dict[str, Any]:
    """Return what was answered, in a few cells; empty where it is gone."""
    output = answer.output or {}
    first: dict[str, Any] = next(iter(output.get("ranked", [])), {})
    return {
        "first_code": first.get("code", ""),
        "first_probability": first.get("probability", ""),
        "prediction_set": " ".join(output.get("prediction_set", [])),
        "enough_evidence": output.get("enough_evidence", ""),
    }


def _write_lines(
    file: TextIO, answers: Iterable[Recorded], with_input: bool, with_output: bool
) -> int:
    count = 0
    for count, answer in enumerate(answers, start=1):  # noqa: B007 - the last one is returned
        content = as_json(answer, with_input, with_output)
        file.write(json.dumps(content, separators=(",", ":")) + "\n")
    return count


def _write_table(file: TextIO, answers: Iterable[Recorded], with_input: bool) -> int:
    names = [*_OF_ENTRY, *_OF_OUTPUT, *_PLACE, *(["input"] if with_input else [])]
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    count = 0
    for count, answer in enumerate(answers, start=1):  # noqa: B007 - the last one is returned
        cells = {name: getattr(answer, name) for name in (*_OF_ENTRY, *_PLACE)}
        cells |= summary_of(answer)
        if with_input:
            cells["input"] = json.dumps(answer.input)
        writer.writerow({name: _as_text(value) for name, value in cells.items()})
    return count


def _as_text(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
