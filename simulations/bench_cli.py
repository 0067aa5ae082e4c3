"""`juntos bench`: a command for each protocol."""

from __future__ import annotations

import typer

from simulations.bench_commands.data import drift, labels, mapping
from simulations.bench_commands.diseases import notes, phenopackets, public, rankings
from simulations.bench_commands.models import a9a, digits, heart, join, rare
from simulations.bench_commands.privacy import attack, privacy
from simulations.bench_commands.speed import fhir, parquet, predict, rounds, scale, streams

bench_app = typer.Typer(add_completion=False, no_args_is_help=True)
for each in (
    heart,
    join,
    digits,
    a9a,
    drift,
    rare,
    attack,
    privacy,
    public,
    notes,
    labels,
    predict,
    rankings,
    phenopackets,
    rounds,
    fhir,
    parquet,
    mapping,
    streams,
    scale,
):
    bench_app.command()(each)

bench = typer.main.get_command(bench_app)
