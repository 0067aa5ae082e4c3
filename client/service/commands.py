"""`juntos node serve | status`: what runs at a hospital, and how it is doing."""

from __future__ import annotations

from typing import Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption


def serve(
    home: HomeOption = DEFAULT_HOME,
    api: Annotated[
        bool | None,
        typer.Option(
            "--api/--no-api",
            help="With or without the API; otherwise it is up once a model is installed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run this hospital's node until Ctrl-C: connected to its federation, answering its own."""
    from client.checking import refuse_failed_offline_checks
    from client.home import open_home
    from client.service.settings import read_settings
    from client.service.supervising import Tellings
    from client.service.supervising import serve as run_node

    refuse_failed_offline_checks(home)
    opened = open_home(home)
    settings, node = read_settings(opened.path), opened.settings
    if api is not None:
        settings = settings.model_copy(update={"api": "always" if api else "never"})
    run_node(
        opened,
        settings,
        Tellings(
            connected=lambda: typer.echo(
                f"{node.hospital} is connected to {node.federation!r} at {node.coordinator}."
            ),
            waiting=lambda: typer.echo(
                f"Waiting for the coordinator at {node.coordinator}; trying on.", err=True
            ),
            say=typer.echo,
            warn=lambda text: typer.echo(text, err=True),
        ),
    )
    typer.echo("Node stopped.")


def status(
    home: HomeOption = DEFAULT_HOME,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how this hospital's node is doing; exit code 1 where something deserves attention."""
    from client.home import open_home
    from client.service.status import status_of
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
    from client.home import open_home
    from client.service.settings import read_settings
    from client.service.systemd_unit import systemd_unit as unit_of

    opened = open_home(home)
    settings = read_settings(opened.path)
    typer.echo(unit_of(opened.path, opened.settings.hospital, settings, account), nl=False)
    typer.echo(
        "Keep it as /etc/systemd/system/juntos-node.service, then run\n"
        "systemctl daemon-reload && systemctl enable --now juntos-node",
        err=True,
    )
