"""`juntos node audit`: what models answered here, and the proof that nothing of it was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.audit.prediction import Recorded
    from client.audit.query import AuditQuery
    from client.audit.store import AuditStore

audit = typer.Typer(help="What models answered here.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Since = Annotated[str, typer.Option(help="From this day or time on (UTC without a zone).")]
Until = Annotated[str, typer.Option(help="Before this day or time.")]
PatientOption = Annotated[str, typer.Option("--patient", help="A patient's number here.")]
ModelOption = Annotated[str, typer.Option(help="Version or digest, or how they begin.")]
CallerOption = Annotated[str, typer.Option(help="Name of the API key, or who asked.")]
ModeOption = Annotated[str, typer.Option(help="shown or shadow; both without it.")]
TITLES = ("answer", "time", "caller", "model", "mode", "first", "probability")


class ExportForm(StrEnum):
    """How answers are written to a file."""

    JSONL = "jsonl"
    CSV = "csv"


@contextmanager
def opened(home: Path) -> Iterator[AuditStore]:
    """Return the audit store of a node's folder while the block runs."""
    from client.audit.opening import open_audit

    store = open_audit(open_home(home))
    try:
        yield store
    finally:
        store.close()


def query_of(
    store: AuditStore, since: str, until: str, patient: str, model: str, caller: str, mode: str
) -> AuditQuery:
    """Return what was asked for on the command line."""
    from client.audit.query import AuditQuery

    return AuditQuery(
        since=since,
        until=until,
        patient=store.pseudonym(patient) if patient else "",
        model=model,
        caller=caller,
        mode=mode,
    )


@audit.command("list")
def list_answers(
    home: HomeOption = DEFAULT_HOME,
    since: Since = "",
    until: Until = "",
    patient: PatientOption = "",
    model: ModelOption = "",
    caller: CallerOption = "",
    mode: ModeOption = "",
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    json_output: Json = False,
) -> None:
    """Show the newest answers."""
    from client.audit.exporting import as_json

    with opened(home) as store:
        query = query_of(store, since, until, patient, model, caller, mode)
        found = store.find(query, limit=limit)
    if json_output:
        typer.echo(json.dumps([as_json(each, False, False) for each in found], indent=2))
        return
    print_columns(TITLES, [row_of(each) for each in found])
    if not found:
        typer.echo("No such answer.")


def row_of(answer: Recorded) -> list[str]:
    """Return an answer as a line of a table."""
    from client.audit.exporting import summary_of

    found = summary_of(answer)
    gone = answer.output is None
    share = found["first_probability"]
    return [
        answer.id,
        answer.time[:19].replace("T", " "),
        answer.caller,
        answer.model,
        answer.mode,
        "removed" if gone else found["first_code"],
        f"{share:.3f}" if isinstance(share, float) else "",
    ]


@audit.command("show")
def show(
    answer: Annotated[str, typer.Argument(help="Its id.")], home: HomeOption = DEFAULT_HOME
) -> None:
    """Show one answer with what was asked, as JSON."""
    with opened(home) as store:
        found = store.get(answer)
    if found is None:
        raise SettingsError("There is no such answer.", "Find it with `juntos node audit list`.")
    typer.echo(json.dumps(asdict(found), indent=2))


@audit.command("export")
def export_answers(
    file: Annotated[Path, typer.Argument(help="Is replaced where it exists.")],
    home: HomeOption = DEFAULT_HOME,
    form: Annotated[ExportForm, typer.Option("--format", help="How.")] = ExportForm.JSONL,
    since: Since = "",
    until: Until = "",
    patient: PatientOption = "",
    model: ModelOption = "",
    caller: CallerOption = "",
    mode: ModeOption = "",
    with_input: Annotated[
        bool, typer.Option("--with-input", help="Write what was asked, too.")
    ] = False,
) -> None:
    """Write answers to a file, the oldest first; that it was done is written down, too."""
    from getpass import getuser

    from client.audit.exporting import export

    with opened(home) as store:
        query = query_of(store, since, until, patient, model, caller, mode)
        asked = {name: value for name, value in asdict(query).items() if value}
        if query.patient:
            # What is in the chain stays, also when the patient is erased.
            asked["patient"] = "one"
        store.note_export(getuser(), {"answers": asked, "with_input": with_input})
        count = export(store.every(query), file, form.value, with_input=with_input)
    typer.echo(f"{answers(count)} in {file}.")


@audit.command("exports")
def exports(home: HomeOption = DEFAULT_HOME, json_output: Json = False) -> None:
    """List who copied answers out of the store, and which."""
    with opened(home) as store:
        found = store.exports()
    if json_output:
        typer.echo(json.dumps([{"time": time, **detail} for time, detail in found], indent=2))
        return
    rows = [
        [time[:19].replace("T", " "), detail["who"], _which(detail["answers"]), _with(detail)]
        for time, detail in found
    ]
    print_columns(("time", "who", "answers", "what was asked"), rows)
    if not found:
        typer.echo("Nothing was exported yet.")


def _which(answers: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in answers.items()) or "all"


def _with(detail: dict[str, bool]) -> str:
    return "with it" if detail["with_input"] else "without"


@audit.command("verify")
def verify(
    home: HomeOption = DEFAULT_HOME,
    known: Annotated[
        str, typer.Option("--head", help="Hash of a head that was kept elsewhere.")
    ] = "",
    json_output: Json = False,
) -> None:
    """Check that nothing was changed, taken out or put in; exit code 9 otherwise."""
    with opened(home) as store:
        found = store.verify()
        if known:
            store.refuse_unknown_head(known)
    if json_output:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    chains = "1 chain" if found.chains == 1 else f"{found.chains} chains"
    typer.echo(f"{found.entries} entries in {chains}: all as they were written.")
    if found.removed:
        typer.echo(f"The contents of {found.removed} were removed, as the store says itself.")
    if found.head:
        typer.echo(f"Head {found.head.number} of {found.head.time}  {found.head.hash}")


@audit.command("head")
def head(
    home: HomeOption = DEFAULT_HOME,
    day: Annotated[
        str, typer.Option(help="The last of this day (UTC), as 2026-11-30; of now without it.")
    ] = "",
    json_output: Json = False,
) -> None:
    """Show the hash that all entries so far lead to; kept elsewhere, it shows what was cut off."""
    with opened(home) as store:
        found = store.head(day) if day else store.bind()
    if json_output:
        typer.echo(json.dumps(asdict(found) if found else None))
    elif found is None:
        typer.echo("There is no entry yet.")
    else:
        typer.echo(f"{found.number}  {found.time}  {found.hash}")


@audit.command("measure")
def measure_disk(
    home: HomeOption = DEFAULT_HOME,
    count: Annotated[int, typer.Option("--answers", min=100, help="Of each kind.")] = 1000,
    json_output: Json = False,
) -> None:
    """Measure how many answers a second this disk takes, in SQLite; nothing is kept of it."""
    from client.audit.measuring import WAITING, measure

    found = measure(open_home(home).path, count)
    if json_output:
        typer.echo(json.dumps(asdict(found)))
        return
    rows = [
        [f"{found.one_by_one:.0f}", "one asks, a commit for each answer"],
        [f"{found.waiting:.0f}", f"{WAITING} ask at once, a commit for each answer"],
        [f"{found.in_groups:.0f}", f"{WAITING} ask at once, answers_per_commit = {WAITING}"],
    ]
    print_columns(("answers/s", ""), rows)
    middle, most = found.milliseconds_middle, found.milliseconds_most
    typer.echo(f"\nOne answer takes {middle:.2f} ms in the middle, 99% less than {most:.2f} ms.")


def answers(count: int) -> str:
    """Return a number of answers in words."""
    return "1 answer" if count == 1 else f"{count} answers"
