"""Options that the coordinator's commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path, typer.Option("--home", help="The coordinator's folder.", show_default=True)
]
DEFAULT_HOME = Path("juntos-coordinator")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
