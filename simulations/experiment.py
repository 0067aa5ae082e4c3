"""Running a scenario: every variant with every seed, then the table, the figure and the report."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from server.comparison_table import WAYS, Headline, headline
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records
from simulations.in_process import open_simulation
from simulations.repetition import OVERALL, repetition
from simulations.report import write_report
from simulations.scenario import Scenario, contract_of, hospitals_of, load_scenario

RESULTS = "results.parquet"
CHECKPOINT = "repetitions.jsonl"


def run_experiment(path: Path, out: Path, data: Path | None, console: Console) -> dict[str, Any]:
    """Run a scenario and write its results into a folder.

    A run that was interrupted goes on where it stopped, when the scenario is the same.

    Returns
    -------
    dict
        Where the files are, and the mean of the headline figure by variant, model and way.
    """
    scenario = load_scenario(path)
    contract = contract_of(scenario, path.parent)
    prepare_out(out, path)
    with tempfile.TemporaryDirectory() as work:
        hospitals = hospitals_of(scenario, contract, path.parent, data, Path(work))
    rows = repeat_all(scenario, contract, hospitals, out / CHECKPOINT, console)
    table = pd.DataFrame(rows)
    table.to_parquet(out / RESULTS, index=False)
    lead = headline(view_of(scenario, contract))
    means = mean_table(table, lead)
    console.print(terminal_table(means, lead))
    write_report(out, scenario, {n: len(r) for n, r in hospitals.items()}, means, table, lead)
    console.print(f"Written to {out}: {RESULTS}, figure.svg, report.html")
    return {
        "results": str(out / RESULTS),
        "report": str(out / "report.html"),
        "figure": str(out / "figure.svg"),
        "measure": lead.metric,
        "means": json.loads(means.to_json(orient="records")),
    }


def view_of(scenario: Scenario, contract: Contract) -> Contract:
    """Return the contract as the scenario's first variant sees it."""
    settings = scenario.settings_of(scenario.variant[0], scenario.seeds[0])
    return settings.task.contract(contract)


def prepare_out(out: Path, scenario: Path) -> None:
    """Make the folder, or see that it belongs to the same scenario.

    Raises
    ------
    SettingsError
        When it holds another scenario's results.
    """
    copy = out / "scenario.toml"
    if copy.exists() and copy.read_bytes() != scenario.read_bytes():
        raise SettingsError(f"{out} holds the results of another scenario.", "Give another --out.")
    if out.exists() and any(out.iterdir()) and not copy.exists():
        raise SettingsError(f"{out} is not empty.", "Give another --out.")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(scenario, copy)


def repeat_all(
    scenario: Scenario,
    contract: Contract,
    hospitals: Mapping[str, Records],
    checkpoint: Path,
    console: Console,
) -> list[dict[str, Any]]:
    """Run every variant with every seed, keeping each repetition as soon as it is done."""
    rows: list[dict[str, Any]] = []
    if checkpoint.exists():
        rows = [row for line in complete_lines(checkpoint) for row in json.loads(line)]
    done = {(row["variant"], row["seed"]) for row in rows}
    todo = [
        (variant, seed)
        for variant in scenario.variant
        for seed in scenario.seeds
        if (variant.name, seed) not in done
    ]
    with (
        Progress(console=console, transient=True) as progress,
        checkpoint.open("a", encoding="utf-8") as file,
        open_simulation(contract, hospitals, scenario.backend) as simulation,
    ):
        for variant, seed in progress.track(todo, description=scenario.name):
            found = repetition(scenario, variant, seed, contract, hospitals, simulation)
            file.write(json.dumps(found) + "\n")
            file.flush()
            rows += found
    return rows


def complete_lines(path: Path) -> list[str]:
    """Return the lines written in full; a killed process may have left half a line."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return whole.splitlines()


def mean_table(table: pd.DataFrame, lead: Headline) -> pd.DataFrame:
    """Return mean and standard deviation over seeds of the headline figure."""
    chosen = table[(table["measure"] == lead.metric) & (table["level"] == lead.level)]
    grouped = chosen.groupby(["variant", "model", "hospital", "trained"], sort=False)["value"]
    return grouped.agg(["mean", "std", "count"]).reset_index()


def terminal_table(means: pd.DataFrame, lead: Headline) -> Table:
    """Show the figure over all hospitals by variant, model and way of training."""
    table = Table(title=f"All hospitals: {lead.words}", title_justify="left", box=None)
    table.add_column("variant")
    table.add_column("model")
    for words in WAYS.values():
        table.add_column(words, justify="right")
    overall = means[means["hospital"] == OVERALL]
    for (variant, model), rows in overall.groupby(["variant", "model"], sort=False):
        by_way = rows.set_index("trained")
        cells = [
            with_spread(float(by_way["mean"][way]), float(by_way["std"][way]))
            if way in by_way.index
            else "no data"
            for way in WAYS
        ]
        table.add_row(str(variant), str(model), *cells)
    return table


def with_spread(mean: float, deviation: float) -> str:
    """Write a mean with its standard deviation over seeds, where there are several."""
    return f"{mean:.3f}" if pd.isna(deviation) else f"{mean:.3f} ± {deviation:.3f}"
