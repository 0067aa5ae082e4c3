"""What the commands print: aligned columns, plain when piped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Wider than any row: in a pipe, lines are never folded.
_UNLIMITED = 100_000


def print_columns(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under titles; in a pipe, without colours and one line for each row."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNLIMITED)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        # As Text, so that brackets in a path or name are not read as markup.
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
