"""Options that the commands of both roles have; importing it loads nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

# Logs hold nothing that is needed again.
LEFT_OUT = ("logs",)

FileArgument = Annotated[Path | None, typer.Argument(help="File to write.", show_default=False)]
ForOption = Annotated[
    str, typer.Option("--for", help="Public key (age1...) that alone can open it.")
]
PlainOption = Annotated[
    bool, typer.Option("--plain", help="Not encrypted: it holds keys, and more.")
]
NewKeyOption = Annotated[
    Path | None, typer.Option(help="Only make a pair of keys, the private one in this file.")
]
BackupArgument = Annotated[Path, typer.Argument(metavar="BACKUP", help="The file.")]
KeyOption = Annotated[Path | None, typer.Option(help="File with the private key.")]
