"""Running a scenario: every point of it with every seed, then its tables, figures and report."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.comparison_table import Headline, headline
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records
from simulations.experiments.grid import Point, points_of
from simulations.experiments.keeping import Kept, Rows, data_hash, key_of
from simulations.experiments.repetition import repetition
from simulations.experiments.report import write_report
from simulations.experiments.scenario import Scenario, contract_of, load_scenario
from simulations.experiments.sources import PartitionedSource, hospitals_of
from simulations.experiments.tables import terminal_table
from simulations.experiments.tracking import track
from simulations.in_process import Simulation, open_simulation

RESULTS = "results.parquet"
KEPT = "repetitions"
# Columns that only some figures have.
SELDOM = ("class", "training_cases", "round")


@dataclass(frozen=True)
class Source:
    """Hospitals of some points, ready to be asked."""

    contract: Contract
    hospitals: Mapping[str, Records]
    hash: str


def run_experiment(path: Path, out: Path, data: Path | None, console: Console) -> dict[str, Any]:
    """Run a scenario and write its results into a folder.

    What is there already, of an interrupted run or of the scenario before it was changed, is not
    run again.

    Returns
    -------
    dict
        Where the files are, and the mean of the headline figure by point, model and way.
    """
    scenario = load_scenario(path)
    points = points_of(scenario)
    prepare_out(out, path)
    table, patients, lead = repeat_all(scenario, points, path.parent, out, data, console)
    table.to_parquet(out / RESULTS, index=False)
    track(scenario, table, out)
    files, means = write_report(out, scenario, patients, table, lead)
    console.print(terminal_table(means, scenario, lead))
    console.print(f"Written to {out}: {', '.join([RESULTS, *files])}", soft_wrap=True)
    return {
        "results": str(out / RESULTS),
        "report": str(out / "report.html"),
        "files": files,
        "measure": lead.metric,
        "means": json.loads(means.to_json(orient="records")),
    }


def prepare_out(out: Path, scenario: Path) -> None:
    """Make the folder, or see that it holds an experiment's results.

    Raises
    ------
    SettingsError
        When it holds anything else.
    """
    copy = out / "scenario.toml"
    if out.exists() and any(out.iterdir()) and not copy.exists():
        raise SettingsError(f"{out} is not empty.", "Give another --out.")
    out.mkdir(parents=True, exist_ok=True)
    if not (copy.exists() and copy.samefile(scenario)):
        shutil.copyfile(scenario, copy)


def repeat_all(
    scenario: Scenario,
    points: list[Point],
    folder: Path,
    out: Path,
    data: Path | None,
    console: Console,
) -> tuple[pd.DataFrame, dict[str, int], Headline]:
    """Run every point with every seed, keeping each repetition as soon as it is done.

    Returns
    -------
    table : DataFrame
        One row per figure; the grid's places are columns.
    patients : dict of str to int
        Of each hospital, at the first point with the first seed.
    lead : Headline
    """
    kept, found = Kept(out / KEPT), {}
    with (
        tempfile.TemporaryDirectory() as work,
        Sources(folder, data, Path(work)) as sources,
        progress_of(console) as progress,
    ):
        first = sources.of(points[0], scenario.seeds[0])
        todo = [(place, seed) for place in range(len(points)) for seed in scenario.seeds]
        # Hospitals are read and started once for all that is asked of them.
        todo.sort(key=lambda each: source_name(points[each[0]], each[1]))
        for place, seed in progress.track(todo, description=scenario.name):
            found[place, seed] = figures_of(points[place], seed, sources, kept)
    settings = points[0].scenario.settings_of(points[0].variant, scenario.seeds[0])
    lead = headline(settings.task.contract(first.contract))
    patients = {name: len(records) for name, records in first.hospitals.items()}
    return table_of(points, scenario.seeds, found), patients, lead


def table_of(
    points: list[Point], seeds: list[int], found: Mapping[tuple[int, int], Rows]
) -> pd.DataFrame:
    """Put the figures of all repetitions together, in the scenario's order."""
    rows = []
    for place, point in enumerate(points):
        for seed in seeds:
            where = {"variant": point.variant.name, **point.values, "seed": seed}
            rows += [{**where, **dict.fromkeys(SELDOM), **row} for row in found[place, seed]]
    return pd.DataFrame(rows)


def figures_of(point: Point, seed: int, sources: Sources, kept: Kept) -> Rows:
    """Return what a repetition gives, running it where it was not run before."""
    source, faults = sources.of(point, seed), point.scenario.fault
    settings = point.scenario.settings_of(point.variant, seed)
    key = key_of(source.contract, source.hash, settings, faults)
    found = kept.read(key)
    if found is None:
        simulation = sources.simulation(point, source)
        found = repetition(settings, faults, source.contract, source.hospitals, simulation)
        kept.write(key, found)
    return found


def source_name(point: Point, seed: int) -> str:
    """Name the hospitals of a repetition, without reading them."""
    scenario, source = point.scenario, point.scenario.data
    splits = isinstance(source, PartitionedSource) and source.seed is None
    return f"{scenario.contract}\x1f{source.model_dump_json()}\x1f{seed if splits else ''}"


class Sources:
    """The hospitals of points, read once for all points that share them.

    Parameters
    ----------
    folder : Path
        Of the scenario.
    data : Path or None
        The ``--data`` option.
    work : Path
        Where simulated hospitals are written.
    """

    def __init__(self, folder: Path, data: Path | None, work: Path) -> None:
        self._folder, self._data, self._work = folder, data, work
        self._read: tuple[str, Source] | None = None
        self._up: tuple[Source, Simulation] | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def of(self, point: Point, seed: int) -> Source:
        """Return the hospitals of a point's repetition."""
        name, scenario = source_name(point, seed), point.scenario
        if self._read is None or self._read[0] != name:
            contract = contract_of(scenario, self._folder)
            folders = (self._folder, self._data, self._work)
            hospitals = hospitals_of(scenario.data, contract, *folders, seed)
            self._read = name, Source(contract, hospitals, data_hash(hospitals))
        return self._read[1]

    def simulation(self, point: Point, source: Source) -> Simulation:
        """Return a federation of these hospitals; it stays up for the next point."""
        if self._up is None or self._up[0] is not source:
            self._open.close()
            backend = point.scenario.backend
            opened = open_simulation(source.contract, source.hospitals, backend)
            self._up = source, self._open.enter_context(opened)
        return self._up[1]


@contextlib.contextmanager
def progress_of(console: Console) -> Iterator[Progress]:
    """Show how many repetitions are done, and the time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress
