"""Options that several of the node's commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[Path, typer.Option("--home", help="The node's folder.")]
DEFAULT_HOME = Path("juntos-node")
