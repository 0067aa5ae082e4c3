"""``juntos coordinator``: run a federation."""

from __future__ import annotations

import click
import typer

from server.commands.account import app as account_commands
from server.commands.actions import actions
from server.commands.backup import backup, restore
from server.commands.contract import app as contract_commands
from server.commands.decisions import decisions
from server.commands.deploy import deploy
from server.commands.engine import engine
from server.commands.enrolment import (
    approve_hospital,
    decline_hospital,
    enrol_hospital,
    hospitals,
    revoke_hospital,
)
from server.commands.explore import explore
from server.commands.initialise import init
from server.commands.notify import notify as notify_commands
from server.commands.promote import approve, promote, reject, rollback
from server.commands.report import report
from server.commands.resume import resume
from server.commands.runs import runs
from server.commands.schedule import cancel, queue, request, schedule
from server.commands.serve import serve, status, systemd_unit
from server.commands.sign_off import app as sign_off_commands
from server.commands.token import app as token_commands
from server.commands.train import train
from server.commands.verify import verify
from server.commands.watch import drift, watch

app = typer.Typer(
    help="Run a federation: enrol hospitals, train, see every run.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(init)
app.command("enrol")(enrol_hospital)
app.command()(serve)
app.command()(status)
app.command()(schedule)
app.command()(queue)
app.command()(request)
app.command()(cancel)
app.command("systemd-unit")(systemd_unit)
app.command()(hospitals)
app.command("let-in")(approve_hospital)
app.command("keep-out")(decline_hospital)
app.command("revoke")(revoke_hospital)
app.command()(explore)
app.command()(train)
app.command()(resume)
app.command()(approve)
app.command()(promote)
app.command()(reject)
app.command()(rollback)
app.command()(decisions)
app.command()(deploy)
app.command()(engine)
app.command()(watch)
app.command()(drift)
app.command()(runs)
app.command()(report)
app.command()(backup)
app.command()(restore)
app.command()(verify)
app.command()(actions)
app.add_typer(contract_commands, name="contract")
app.add_typer(sign_off_commands, name="sign-off")
app.add_typer(account_commands, name="account")
app.add_typer(token_commands, name="token")
app.add_typer(notify_commands, name="notify")

coordinator: click.Command = typer.main.get_command(app)
