"""``juntos coordinator serve``."""

from __future__ import annotations

import typer

from server.commands.options import DEFAULT_HOME, HomeOption
from server.home import CoordinatorHome, open_home


def serve(home: HomeOption = DEFAULT_HOME) -> None:
    """Run the coordinator until Ctrl-C: hospitals can join and take part in runs."""
    from server.serving import serve as run_coordinator

    opened: CoordinatorHome = open_home(home)

    def ready(address: str) -> None:
        typer.echo(f"Coordinator of {opened.settings.name!r} is ready at {address}.")

    run_coordinator(opened, ready)
    typer.echo("Coordinator stopped.")
