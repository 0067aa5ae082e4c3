"""`juntos node backup | restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption

# Logs hold nothing that is needed again.
LEFT_OUT = ("logs",)


def backup(
    out: Annotated[Path | None, typer.Argument(help="File to write.", show_default=False)] = None,
    home: HomeOption = DEFAULT_HOME,
    recipient: Annotated[
        str, typer.Option("--for", help="Public key (age1...) that alone can open it.")
    ] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Not encrypted: whoever has the file has the node.")
    ] = False,
    new_key: Annotated[
        Path | None, typer.Option(help="Only make a pair of keys, the private one in this file.")
    ] = None,
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
    make_backup("node", opened.path, out, recipient, plain=plain, left_out=LEFT_OUT, urls=elsewhere)


def restore(
    backup_file: Annotated[Path, typer.Argument(metavar="BACKUP", help="The file.")],
    home: HomeOption = DEFAULT_HOME,
    key: Annotated[Path | None, typer.Option(help="File with the private key.")] = None,
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
