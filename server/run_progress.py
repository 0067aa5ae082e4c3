"""A round as one line of the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich import filesize
from rich.text import Text

from server.card import HUMAN_NAMES
from server.rounds import RoundRecord
from shared.questions import ALONE, COUNT_ON_GRID, EVALUATE, GROW, REFILL, SUMMARISE
from shared.run_settings import RunSettings

# Questions of which one line tells as much as hundreds.
STEPS = (COUNT_ON_GRID, GROW)
QUESTIONS = {
    SUMMARISE: "Summaries of the data",
    EVALUATE: "Judging the shared models",
    REFILL: "Random forest, all leaves refilled",
    ALONE: "Each hospital's models alone",
}


def condensed(records: Iterable[RoundRecord]) -> list[RoundRecord]:
    """Put the steps in which hospitals grow trees together into one record for each model."""
    result: list[RoundRecord] = []
    for steps, group in groupby(records, lambda each: each.question in STEPS and each.model):
        found = list(group)
        result += [together(found)] if steps else found
    return result


def together(records: list[RoundRecord]) -> RoundRecord:
    """Return one record of several: a hospital answered when it answered all it was asked."""
    left_out: dict[str, str] = {}
    for record in records:
        for hospital, reason in record.left_out.items():
            left_out.setdefault(hospital, f"iteration {record.number}: {reason}")
    invited = sorted({name for record in records for name in record.invited})
    return records[-1].model_copy(
        update={
            "invited": invited,
            "answered": [name for name in invited if name not in left_out],
            "left_out": left_out,
            "seconds": sum(record.seconds for record in records),
            "bytes_sent": sum(record.bytes_sent for record in records),
            "bytes_received": sum(record.bytes_received for record in records),
        }
    )


def round_line(record: RoundRecord, settings: RunSettings) -> Text:
    """Say what was asked, who answered, how long it took and what is missing.

    The state is a word and a sign, so that it reads without colour.
    """
    complete = not record.left_out
    line = Text("  ")
    line.append("ok       " if complete else "ATTENTION", style="green" if complete else "yellow")
    line.append(f" {what(record, settings):<30}")
    line.append(f" {len(record.answered)} of {len(record.invited)} hospitals")
    line.append(f"  {record.seconds:8.3f} s")
    if record.bytes_sent or record.bytes_received:
        sent, received = (
            filesize.decimal(record.bytes_sent),
            filesize.decimal(record.bytes_received),
        )
        line.append(f"  {sent:>9} out  {received:>9} in")
    if record.loss is not None:
        line.append(f"  loss {record.loss:.4f}")
    for hospital, reason in record.without_stream.items():
        line.append(f"\n            by Flower's messages: {hospital}: {reason}", style="yellow")
    for hospital, reason in record.left_out.items():
        line.append(f"\n            left out: {hospital}: {reason}", style="yellow")
    return line


def what(record: RoundRecord, settings: RunSettings) -> str:
    """Name the question in words."""
    if record.question == REFILL:
        return QUESTIONS[REFILL]
    for name, words in HUMAN_NAMES.items():
        if record.model == name and record.question in STEPS:
            return f"{words}, {record.number} iterations"
        if record.model == name:
            return f"{words}, round {record.number} of {settings.of_model(name).rounds}"
    return QUESTIONS.get(record.question, record.question)
