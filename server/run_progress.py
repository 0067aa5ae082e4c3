"""A round as one line of the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich import filesize
from rich.text import Text

from server.card import HUMAN_NAMES
from server.rounds import RoundRecord
from shared.questions import (
    ALONE,
    CALIBRATE,
    COMPARE,
    COUNT_ON_GRID,
    DEPLOY,
    EVALUATE,
    EXCHANGE_KEYS,
    EXPLORE,
    GROW,
    PRIVATE_SUM,
    RANK,
    REFILL,
    SUMMARISE,
    TRAIN,
)
from shared.run_settings import RunSettings

# Questions of which one line tells as much as hundreds.
STEPS = (COUNT_ON_GRID, GROW)
# More rounds of a model than this are one line.
MOST_LINES = 12
# Before the label of a part of a run, and between that of a trial and its stage.
PART = "part: "
STAGE = ", stage "
QUESTIONS = {
    SUMMARISE: "Summaries of the data",
    EXPLORE: "What the data are like",
    DEPLOY: "The model, to be verified and used",
    CALIBRATE: "Counts for calibration",
    EVALUATE: "Judging the shared models",
    REFILL: "Random forest, all leaves refilled",
    ALONE: "Each hospital's models alone",
    COMPARE: "Beside each hospital's models alone",
    EXCHANGE_KEYS: "Keys for masks",
    PRIVATE_SUM: "Counts of all hospitals together",
    RANK: "Cases by disease",
}
# Of a run that learns to rank, by the name of its rounds.
RANKING = {
    "disease_ranking inputs": "Scales of what ranks diseases",
    "disease_ranking scorers": "Networks that rank, {number} steps",
    "disease_ranking gates": "Networks that doubt, {number} steps",
    "disease_ranking count": "Cases and knowledge weighed",
    "disease_ranking evaluate": "Judging on held-out cases",
}


def condensed(records: Iterable[RoundRecord], settings: RunSettings) -> list[RoundRecord]:
    """Put steps of which one line tells as much as hundreds into one record."""
    result: list[RoundRecord] = []
    for one, group in groupby(records, lambda each: belongs_to(each, settings)):
        found = list(group)
        result += [together(found)] if one else found
    return result


def belongs_to(record: RoundRecord, settings: RunSettings) -> str:
    """Name what a record is a step of; empty for one that stands for itself."""
    if record.question in STEPS:
        return f"{record.model} {GROW}"
    if record.question == DEPLOY:
        return DEPLOY
    if record.question == RANK:
        return record.model
    if record.question == EXCHANGE_KEYS or (record.question == PRIVATE_SUM and record.model):
        return f"{record.model} {record.question}"
    if record.question == TRAIN and settings.of_model(record.model).rounds > MOST_LINES:  # type: ignore[arg-type]
        return f"{record.model} {TRAIN}"
    return record.question.rpartition(STAGE)[0]


def together(records: list[RoundRecord]) -> RoundRecord:
    """Return one record of several: a hospital answered when it answered all it was asked."""
    left_out: dict[str, str] = {}
    for record in records:
        for hospital, reason in record.left_out.items():
            left_out.setdefault(hospital, f"{place_of(record)}{reason}")
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


def place_of(record: RoundRecord) -> str:
    """Say when in the steps something happened."""
    if not record.model:
        return "" if record.question not in QUESTIONS else f"{QUESTIONS[record.question]}: "
    word = "iteration" if record.question in STEPS else "round"
    return f"{record.model} {word} {record.number}: "


def round_line(record: RoundRecord, settings: RunSettings) -> Text:
    """Say what was asked, who answered, how long it took and what is missing.

    The state is a word and a sign, so that it reads without colour.
    """
    complete = not record.left_out
    line = Text("  ")
    line.append("ok       " if complete else "ATTENTION", style="green" if complete else "yellow")
    line.append(f" {what(record, settings):<40}")
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
    if record.question == RANK and record.model in RANKING:
        return RANKING[record.model].format(number=record.number)
    for name, words in HUMAN_NAMES.items():
        if record.model == name and record.question in STEPS:
            return f"{words}, {record.number} iterations"
        if record.model == name and record.question == PRIVATE_SUM:
            noise = " with noise" if settings.privacy.is_private else ""
            return f"{words}, {record.number} sum{'s' * (record.number > 1)}{noise}"
        rounds = settings.of_model(name).rounds
        if record.model == name and rounds > MOST_LINES:
            return f"{words}, {record.number} rounds"
        if record.model == name:
            return f"{words}, round {record.number} of {rounds}"
    if record.question.startswith(PART):
        label = record.question.removeprefix(PART).rpartition(STAGE)
        text = label[0] or label[2]
        return text[0].upper() + text[1:]
    return QUESTIONS.get(record.question, record.question)
