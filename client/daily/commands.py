"""`juntos node daily`: the day's new records are answered."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption
from shared.errors import JuntosError, SettingsError

if TYPE_CHECKING:
    from client.daily.job import Done
    from client.serving.services import NodeServices


def daily(
    home: HomeOption = DEFAULT_HOME,
    day: Annotated[
        str, typer.Option("--date", help="Records up to this day; today without it.")
    ] = "",
    begin: Annotated[
        bool,
        typer.Option("--begin", help="Answer nothing: what is in the source now is known."),
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Answer what is new in the source, each record once; report on the day and on drift."""
    from rich.console import Console

    from client.daily.job import DailyJob
    from client.daily.report import remove_reports, write_report
    from client.privacy.policy import read_policy
    from client.serving.services import open_services

    chosen = day_of(day)
    services = open_services(home)
    try:
        policy = read_policy(services.home.policy_file)
        with Console(stderr=True).status("reading the source") as status:
            done = DailyJob(services).run(
                chosen,
                begin=begin,
                progress=lambda number, of: status.update(f"{number} of {of} records answered"),
            )
            page = write_report(services.home, services.audit, done.day)
            status.update("comparing with the training data")
            look_for_drift(services)
        remove_reports(services.home.path, policy.keep_predictions_days, datetime.now(UTC).date())
    finally:
        services.close()
    if json_output:
        typer.echo(json.dumps({**asdict(done), "report": str(page)}))
        return
    for line in lines_of(done):
        typer.echo(line)
    typer.echo(f"Report     {page}")


def look_for_drift(services: NodeServices) -> None:
    """Look for drift, for the metrics; the day's answers stand whatever comes of it."""
    from client.monitoring.kept_findings import keep
    from client.monitoring.watching import watch

    try:
        keep(services.home.path, watch(services))
    except JuntosError as error:
        typer.echo(f"Drift was not looked for: {error}", err=True)


def day_of(text: str) -> date:
    """Return a day.

    Raises
    ------
    SettingsError
        When it is none.
    """
    if not text:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no day.", "Write it as 2026-11-30.") from None


def lines_of(done: Done) -> list[str]:
    """Return what a day's work came to, in words."""
    lines = [f"{done.answered} records of {done.day} are answered; {done.new} are new."]
    if done.known:
        lines.append(f"{done.known} records were there before the first day and get no answer.")
    if done.failed:
        lines.append(f"{done.failed} could not be answered; the report says why.")
    if done.rows_set_aside:
        lines.append(f"{done.rows_set_aside} rows of the source are set aside until corrected.")
    return lines
