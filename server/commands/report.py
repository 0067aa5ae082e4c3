"""`juntos coordinator report`: the page about a run that a steering committee reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def report(
    run: Annotated[str, typer.Argument(help="Its name, as `juntos coordinator runs` lists it.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; RUN-report.html here without it.")
    ] = None,
    home: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path(
        "juntos-coordinator"
    ),
) -> None:
    """Write a page about a run that a steering committee can read, in English and Spanish."""
    from server.committee.page import committee_page
    from server.home import open_home
    from shared.pages.page import write_whole

    path = out or Path(f"{run}-report.html")
    write_whole(path, committee_page(open_home(home), run), "--out")
    Console().print(f"{path} is for the steering committee, on screen and on paper.")
