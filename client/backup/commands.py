"""`juntos node backup | restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption
from shared.backup.options import (
    BackupArgument,
    FileArgument,
    ForOption,
    KeyOption,
    NewKeyOption,
    PlainOption,
)


def backup(
    out: FileArgument = None,
    home: HomeOption = DEFAULT_HOME,
    recipient: ForOption = "",
    plain: PlainOption = False,
    new_key: NewKeyOption = None,
) -> None:
    """Write the node's folder into one file, while the service runs."""
    from client.home import open_home
    from shared.backup.commands import make_backup, make_key

    if new_key is not None:
        make_key(new_key)
        return
    opened = open_home(home)
    url = opened.settings.ledger_url
    elsewhere = [] if url is None or url.startswith("sqlite") else [url]
    make_backup("node", opened.path, out, recipient, plain=plain, urls=elsewhere)


def restore(
    backup_file: BackupArgument,
    home: HomeOption = DEFAULT_HOME,
    key: KeyOption = None,
    erased_since: Annotated[
        Path | None,
        typer.Option(help="A later keys/erased of this node: those patients are erased again."),
    ] = None,
) -> None:
    """Bring a node's folder back from a backup, paused, into a folder that is not in use."""
    from client.backup.restoring import restore_node

    found = restore_node(backup_file, home, key, erased_since)
    typer.echo(f"{found.home.settings.hospital} is as it was at {found.manifest.made}.")
    if erased_since is not None:
        typer.echo(f"{found.erased} patients who were erased since are erased here too.")
    for each in found.manifest.elsewhere:
        typer.echo(f"Bring back the database {each} from its own backup.")
    typer.echo(
        "It is paused. What it released since is not in its ledger: lower epsilon in policy.toml "
        "by what the runs since then spent (the coordinator's `runs` lists them), see that the old "
        "node does not run any more, then `juntos node resume`."
    )
