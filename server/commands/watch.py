"""`juntos coordinator watch` and `drift`: how the models in service do, now and over time."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.commands.train import carry_out, chosen_settings
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome, open_home
from server.watch.asking import asked_hospitals
from server.watch.overview import SHAPES, Row, rows_of
from server.watch.report import lead, write_report
from server.watch.store import WatchStore
from shared.errors import JuntosError, PartialRunError, SettingsError
from shared.pages.words import Catalogue, words
from shared.run_settings import RunSettings
from shared.watch.watch import Watch

# More do not fit beside each other on a terminal.
_SHOWN = 8


def watch(
    home: HomeOption = DEFAULT_HOME,
    hospitals: Annotated[
        str, typer.Option(help="Ask these only: names with commas between; without it, everyone.")
    ] = "",
    settings: Annotated[
        Path | None,
        typer.Option(help="TOML file with a run's settings, for its watch and privacy."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Replace one setting: key=value, for example watch.window_days=30."
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Ask hospitals how the models in service do; say what has changed, and whose feed is sick."""
    folder = open_home(home)
    console = Console(stderr=as_json, quiet=quiet)
    chosen = watch_settings(settings, hospitals, option or [])
    asked_hospitals(hospital_names(folder.engine()), chosen)
    stored = carry_out(folder, chosen, console)
    if stored.status not in ("completed", "partial"):
        raise JuntosError(f"{stored.id} {stored.status}: {stored.message}")
    found = WatchStore(folder.engine()).read(stored.id)
    if found is None:
        raise SettingsError(f"{stored.id} kept nothing.")
    show([found], console)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    if found.left_out:
        reasons = "; ".join(f"{name} ({why})" for name, why in found.left_out.items())
        raise PartialRunError(f"{stored.id} is partial: without {reasons}.")


def watch_settings(path: Path | None, hospitals: str, options: list[str]) -> RunSettings:
    """Put the settings of a run that watches together; one hospital is enough for it."""
    base = chosen_settings(path, None, ["minimum_hospitals=1", *options])
    names = [name.strip() for name in hospitals.split(",") if name.strip()]
    changed = {"enabled": True, "hospitals": names or base.watch.hospitals}
    return base.model_copy(update={"watch": base.watch.model_copy(update=changed)})


def drift(
    home: HomeOption = DEFAULT_HOME,
    hospital: Annotated[str, typer.Option(help="Show this one only.")] = "",
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 90,
    page: Annotated[
        Path | None, typer.Option(help="Write a page with a map of hospitals and features too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what watches found, per hospital and feature over time; it asks nobody."""
    folder = open_home(home)
    history = history_of(folder, days)
    console = Console(stderr=as_json)
    show(history, console, hospital)
    if page is not None:
        federation = folder.settings.name
        written = write_report(history, page, federation, history_rate(folder, history[-1].run))
        console.print(f"Page: {written}", soft_wrap=True, highlight=False)
    if as_json:
        rows = [_as_json(row, history) for row in rows_of(history, hospital)]
        newest = history[-1].model_dump(
            mode="json", include={"run", "made", "left_out", "verdicts"}
        )
        sys.stdout.write(json.dumps({**newest, "over_time": rows}) + "\n")


def history_of(home: CoordinatorHome, days: int) -> list[Watch]:
    """Return the watches of the last days.

    Raises
    ------
    SettingsError
        When there is none.
    """
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    found = WatchStore(home.engine()).history(since)
    if not found:
        raise SettingsError(
            f"Nobody was asked in the last {days} days.",
            "Ask with `juntos coordinator watch`, or put watches into the calendar.",
        )
    return found


def history_rate(home: CoordinatorHome, run: str) -> float:
    """Return the false alarm rate of a watch."""
    from server.run_store import RunStore

    try:
        return RunStore(home.engine()).read(run).settings.watch.false_alarm_rate
    except SettingsError:
        return RunSettings().watch.false_alarm_rate


def show(history: list[Watch], console: Console, hospital: str = "") -> None:
    """Print the newest watch's alarms, then how everything was over time."""
    newest, say = history[-1], Catalogue("server.watch")
    console.print(lead(newest, say).en, highlight=False)
    for each in newest.alarms(hospital=hospital):
        console.print(f"  {each.sentence}", soft_wrap=True, highlight=False, markup=False)
    rows = rows_of(history[-_SHOWN:], hospital)
    console.print(over_time(rows, history[-_SHOWN:], say))


def over_time(rows: list[Row], history: list[Watch], say: Catalogue) -> Table:
    """Return a line per hospital and feature, a column per watch."""
    table = Table(box=None)
    table.add_column("hospital")
    table.add_column("what")
    for each in history:
        table.add_column(each.made[5:10])
    for row in rows:
        marks = [f"{SHAPES[each.mark]} {say(f'mark.{each.mark}').en}" for each in row.spots]
        table.add_row(row.hospital, words(row.label(say)).en, *marks)
    return table


def _as_json(row: Row, history: list[Watch]) -> dict[str, object]:
    return {
        "hospital": row.hospital,
        "name": row.name,
        "watches": [
            {"made": watch.made, "run": watch.run, "mark": spot.mark, "score": spot.score}
            for watch, spot in zip(history, row.spots, strict=True)
        ],
    }
