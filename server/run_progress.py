"""A round as one line of the terminal."""

from __future__ import annotations

from rich import filesize
from rich.text import Text

from server.card import HUMAN_NAMES
from server.rounds import RoundRecord
from shared.questions import ALONE, EVALUATE, SUMMARISE
from shared.run_settings import RunSettings

QUESTIONS = {
    SUMMARISE: "Summaries of the data",
    EVALUATE: "Judging the shared models",
    ALONE: "Each hospital's models alone",
}


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
    for name, words in HUMAN_NAMES.items():
        if record.model == name:
            return f"{words}, round {record.number} of {settings.of_model(name).rounds}"
    return QUESTIONS.get(record.question, record.question)
