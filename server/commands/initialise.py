"""``juntos coordinator init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.home import create_home


def init(
    home: Annotated[Path, typer.Argument(help="The folder to create.")],
    name: Annotated[str, typer.Option(help="Name of the federation.")],
    address: Annotated[
        str, typer.Option(help="HOST:PORT under which hospitals reach this machine.")
    ],
    contract: Annotated[str, typer.Option(help="Name of a shipped data contract, or a TOML file.")],
) -> None:
    """Create a federation: its folder, certificate authority and data contract."""
    created = create_home(home, name, address, contract)
    typer.echo(f"Federation {name!r} created in {created.path}.")
    typer.echo(f"Contract   {created.contract().name} {created.contract().version}")
    typer.echo(f"Next       juntos coordinator enrol HOSPITAL --home {home}")
