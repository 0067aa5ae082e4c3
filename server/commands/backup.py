"""`juntos coordinator backup | restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.backup.options import (
    BackupArgument,
    FileArgument,
    ForOption,
    KeyOption,
    NewKeyOption,
    PlainOption,
)

HomeOption = Annotated[Path, typer.Option(help="The coordinator's folder.")]
DEFAULT_HOME = Path("juntos-coordinator")


def backup(
    out: FileArgument = None,
    home: HomeOption = DEFAULT_HOME,
    recipient: ForOption = "",
    plain: PlainOption = False,
    new_key: NewKeyOption = None,
) -> None:
    """Write the coordinator's folder into one file, while the service runs."""
    from server.home import open_home
    from shared.backup.commands import make_backup, make_key

    if new_key is not None:
        make_key(new_key)
        return
    opened = open_home(home)
    urls = dict.fromkeys(
        each for each in (opened.database_url, opened.mlflow_url) if not each.startswith("sqlite")
    )
    make_backup("coordinator", opened.path, out, recipient, plain=plain, urls=list(urls))


def restore(
    backup_file: BackupArgument,
    home: HomeOption = DEFAULT_HOME,
    key: KeyOption = None,
) -> None:
    """Bring the coordinator's folder back from a backup, into a folder that is not in use."""
    from shared.backup.reading import restore_backup

    manifest = restore_backup(backup_file, home, "coordinator", key)
    typer.echo(f"The coordinator is as it was at {manifest.made}, in {home}.")
    if manifest.folder != str(home.absolute()):
        typer.echo(
            f"The registry names its models by their paths: put the folder at {manifest.folder}."
        )
    for each in manifest.elsewhere:
        typer.echo(f"Bring back the database {each} from its own backup.")
    typer.echo("Hospitals that joined since have to join anew; runs since then are not known.")
