"""``juntos coordinator serve | status | systemd-unit``."""

from __future__ import annotations

from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

# What the parts have to end: requests that began, and the SuperLink's helpers.
STOP_SECONDS = 30.0


def serve(home: HomeOption = DEFAULT_HOME) -> None:
    """Run the coordinator until Ctrl-C: hospitals, schedule, dashboard."""
    from server.home import open_home
    from server.serving import Tellings
    from server.serving import serve as run_coordinator

    opened = open_home(home)

    def ready(address: str) -> None:
        typer.echo(f"Coordinator of {opened.settings.name!r} is ready at {address}.")

    run_coordinator(
        opened,
        Tellings(
            ready=ready,
            say=lambda text: typer.echo(text),
            warn=lambda text: typer.echo(text, err=True),
        ),
    )
    typer.echo("Coordinator stopped.")


def status(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Say how the coordinator is doing; exit code 1 where something deserves attention."""
    from server.home import open_home
    from server.service.status import status_of
    from shared.supervision.status_line import exit_code, print_lines

    lines = status_of(open_home(home))
    print_lines(lines, as_json=json_output)
    # Not typer.Exit: a group that runs without its standalone mode swallows that code.
    raise SystemExit(exit_code(lines))


def systemd_unit(
    home: HomeOption = DEFAULT_HOME,
    account: Annotated[
        str, typer.Option("--user", help="The account it runs under; yours without it.")
    ] = "",
) -> None:
    """Print a unit for systemd: at boot, again after a failure, writing to its folder only."""
    from server.home import open_home
    from shared.supervision.systemd_unit import unit_of

    opened = open_home(home)
    description = f"Juntos coordinator of {opened.settings.name}"
    typer.echo(unit_of("coordinator", description, opened.path, STOP_SECONDS, account), nl=False)
    typer.echo(
        "Keep it as /etc/systemd/system/juntos-coordinator.service, then run\n"
        "systemctl daemon-reload && systemctl enable --now juntos-coordinator",
        err=True,
    )
