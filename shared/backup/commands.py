"""What the commands of both roles do alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from sqlalchemy.engine import make_url

from shared.backup.encryption import write_new_key
from shared.backup.manifest import Role
from shared.backup.options import LEFT_OUT
from shared.backup.writing import write_backup
from shared.errors import SettingsError


def make_key(path: Path) -> None:
    """Make a pair of keys and say what to do with each."""
    public = write_new_key(path)
    typer.echo(f"Public key  {public}")
    typer.echo(f"{path} opens every backup made for it: keep it away from this machine.")


def make_backup(
    role: Role,
    home: Path,
    out: Path | None,
    recipient: str,
    *,
    plain: bool,
    urls: Sequence[str],
) -> None:
    """Write a backup and say what is in it, and what is not.

    Raises
    ------
    SettingsError
        Unless it is said for whom it is encrypted, or that it is not.
    """
    if out is None:
        raise SettingsError("No file is given.", f"juntos {role} backup FILE --for KEY")
    if bool(recipient) == plain:
        raise SettingsError(
            "A backup holds keys and whatever the folder keeps of patients.",
            f"Say --for KEY (`juntos {role} backup --new-key FILE` makes a pair), or --plain.",
        )
    elsewhere = [make_url(each).render_as_string(hide_password=True) for each in urls]
    made = write_backup(
        home, out, role, recipient=recipient, left_out=LEFT_OUT, elsewhere=elsewhere
    )
    size = sum(each.size for each in made.files.values()) / 1e6
    typer.echo(f"{out}: {len(made.files)} files, {size:,.1f} MB, as of {made.made}.")
    for each in elsewhere:
        typer.echo(f"Not in it: the database {each}; make its backup with its own tools.")
