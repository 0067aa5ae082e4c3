"""``juntos node review invite | serve``: the page, and who signs in to it."""

from __future__ import annotations

from typing import Annotated

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption

DEFAULT_PORT = 8470
PortOption = Annotated[int, typer.Option(help="Of the page.", min=1, max=65535)]


def invite(
    name: Annotated[str, typer.Argument(help="Of the reader, as entries will have it.")],
    home: HomeOption = DEFAULT_HOME,
    port: PortOption = DEFAULT_PORT,
) -> None:
    """Print a link that signs a reader in, once."""
    from client.review.serving import invitation

    link, expires = invitation(open_home(home), name, port)
    typer.echo(link)
    typer.echo(f"It signs in {name}, once, until {expires}.", err=True)


def serve(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[
        int, typer.Option(help="On this machine only.", min=1, max=65535)
    ] = DEFAULT_PORT,
    reader: Annotated[str, typer.Option("--reader", help="Print a link for this one.")] = "",
) -> None:
    """Open the page on this machine until Ctrl-C."""
    from client.review.serving import serve as serve_page

    serve_page(open_home(home), port, reader, typer.echo)
