"""``juntos node``: run one hospital's node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from client.api.keys.commands import app as key_commands
from client.audit.commands import audit
from client.backup.commands import backup, restore
from client.benefit.commands import benefit
from client.clinic.commands import clinic
from client.confirmations.commands import confirm, performance
from client.contracts.commands import app as contract_commands
from client.daily.commands import daily
from client.data_quality.commands import quality
from client.exploration.commands import explore
from client.home import open_home
from client.mapping_assistant.commands import map_source
from client.monitoring.commands import drift
from client.options import DEFAULT_HOME, HomeOption
from client.privacy.commands import approve, ledger, pause, resume
from client.privacy.erase_command import erase
from client.review.commands import app as review
from client.service.commands import serve, status, systemd_unit
from client.serving.commands import models
from client.similar_cases.commands import index_cases
from client.snapshots.commands import data
from shared.errors import JuntosError
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.checking import CheckResult
    from client.coverage import Coverage

# A person reads the first few; a program reads them all.
SHOWN_PROBLEMS = 20

app = typer.Typer(
    help="Run one hospital's node: join, check the data, serve.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(ledger)
app.command()(pause)
app.command()(resume)
app.command()(approve)
app.command()(quality)
app.command()(explore)
app.command()(benefit)
app.command()(backup)
app.command()(restore)
app.add_typer(contract_commands, name="contract")
app.add_typer(data, name="data")
app.add_typer(models, name="models")
app.add_typer(key_commands, name="key")
app.command()(erase)
app.add_typer(review, name="review")
app.command("map")(map_source)
app.add_typer(audit, name="audit")
app.add_typer(clinic, name="clinic")
app.command()(confirm)
app.command()(performance)
app.command("index-cases")(index_cases)
app.command()(serve)
app.command()(status)
app.command()(systemd_unit)
app.command()(daily)
app.command()(drift)


@app.command()
def join(
    kit: Annotated[Path, typer.Argument(help="The kit that came from the coordinator.")],
    home: HomeOption = DEFAULT_HOME,
    mapping: Annotated[
        Path | None,
        typer.Option(help="The mapping file of this hospital's data, if it is written."),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(help="What the coordinator says by phone; another kit is refused."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="The policy of this hospital, copied; without it the strict default."),
    ] = None,
) -> None:
    """Join a federation: make this hospital's keys, get its certificate and the data contract."""
    from client.joining import join as join_federation
    from shared.node_keys import key_fingerprint
    from shared.signatures import fingerprint as fingerprint_of

    joined = join_federation(kit, home, mapping, fingerprint, policy)
    typer.echo(f"{joined.settings.hospital} joined {joined.settings.federation!r}.")
    found = fingerprint_of(joined.coordinator_key())
    advice = "" if fingerprint else "   compare it with the coordinator's by phone"
    typer.echo(f"Fingerprint {found}{advice}")
    own = key_fingerprint(joined.public_key.read_text(encoding="ascii"))
    typer.echo(f"Node's key {own}   the coordinator may ask for it")
    typer.echo(f"Contract   {joined.contract().name} {joined.contract().version}")
    typer.echo(f"Policy     {joined.policy_file} says what may leave")
    if mapping is None:
        typer.echo(f"Next       say in {joined.mapping_file} where your data are, then run")
    else:
        typer.echo("Next       run")
    typer.echo(f"           juntos node check --home {home}")


@app.command()
def leave(
    home: HomeOption = DEFAULT_HOME,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
) -> None:
    """Leave the federation; records, ledger, audit and models stay here."""
    from client.home import open_home
    from client.leaving import leave as leave_federation

    opened = open_home(home)
    question = f"Leave {opened.settings.federation!r}? Coming back takes a new kit."
    if not sure:
        typer.confirm(question, abort=True)
    leave_federation(opened)
    typer.echo(f"{opened.settings.hospital} has left {opened.settings.federation!r}.")
    typer.echo(f"Stop the service, if it runs. Everything of this hospital stays in {opened.path}.")


@app.command()
def check(
    home: HomeOption = DEFAULT_HOME,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check everything a run needs: files, keys, policy, data, network, clock."""
    from client.checking import exit_code, run_checks

    results = run_checks(home)
    if json_output:
        found = [each.as_json() for each in results]
        typer.echo(json.dumps([*found, *coverage_of(home, results)], indent=2))
    else:
        print_results(results)
        print_coverage(home, results)
    # Not typer.Exit: a group that runs without its standalone mode swallows that code.
    raise SystemExit(exit_code(results))


def print_results(results: Sequence[CheckResult]) -> None:
    """Print what was found, then what to do about it."""
    print_columns(
        ["check", "state", "found"], [[each.name, each.state, each.text] for each in results]
    )
    for each in results:
        if each.state in {"problem", "attention"}:
            lines = [f"  {problem}" for problem in each.problems[:SHOWN_PROBLEMS]]
            if more := len(each.problems) - len(lines):
                lines.append(f"  ... and {more} more; --json lists them")
            typer.echo("\n".join(["", f"{each.name}: {each.text}", *lines]))
            if each.fix:
                typer.echo(f"fix: {each.fix}")


def read_coverage(home: Path, results: Sequence[CheckResult]) -> Coverage | None:
    """Return what the data hold of each feature; None where the mapping cannot be used."""
    from client.coverage import coverage

    usable = {each.name for each in results if each.state in {"ok", "attention"}}
    if "mapping" not in usable:
        return None
    opened = open_home(home)
    try:
        return coverage(opened.contract(), opened.mapping_file)
    except JuntosError:
        # The check of the data has said why.
        return None


def coverage_of(home: Path, results: Sequence[CheckResult]) -> list[dict[str, object]]:
    """Return the coverage as one more entry of the checks; none where there is none."""
    found = read_coverage(home, results)
    if found is None:
        return []
    features = [each.as_json() for each in found.features]
    entry = {"check": "coverage", "state": "ok", "text": found.title(), "rows": found.rows}
    return [{**entry, "features": features}]


def print_coverage(home: Path, results: Sequence[CheckResult]) -> None:
    """Print how much of each feature the data hold."""
    from client.coverage import TITLES

    found = read_coverage(home, results)
    if found is not None:
        typer.echo(f"\n{found.title()}")
        print_columns(TITLES, [each.as_row() for each in found.features])


node: click.Command = typer.main.get_command(app)
