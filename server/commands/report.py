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
    from shared.errors import SettingsError

    path = out or Path(f"{run}-report.html")
    page = committee_page(open_home(home), run)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}.", "Give another file with --out."
        ) from None
    Console().print(f"{path} is for the steering committee, on screen and on paper.")
