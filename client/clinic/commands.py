"""``juntos node clinic invite | serve``: the page for clinicians, and who signs in to it."""

from __future__ import annotations

from typing import Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption

DEFAULT_PORT = 8480

clinic = typer.Typer(
    help="The page where clinicians enter cases and confirm diagnoses.", no_args_is_help=True
)


@clinic.command()
def invite(
    name: Annotated[str, typer.Argument(help="Of the clinician, as entries will have it.")],
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[
        int | None,
        typer.Option(
            help="Of a page opened with `clinic serve`; without it, that of `juntos node serve`.",
            min=1,
            max=65535,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print a link that signs a clinician in, once."""
    from client.clinic.serving import invitation
    from client.home import open_home

    link, expires = invitation(open_home(home), name, port)
    typer.echo(link)
    typer.echo(f"It signs in {name}, once, until {expires}.", err=True)


@clinic.command()
def serve(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[
        int, typer.Option(help="On this machine only.", min=1, max=65535)
    ] = DEFAULT_PORT,
    reader: Annotated[str, typer.Option("--reader", help="Print a link for this one.")] = "",
) -> None:
    """Open the page on this machine until Ctrl-C."""
    from client.clinic.serving import serve as serve_page

    serve_page(home, port, reader, typer.echo)
