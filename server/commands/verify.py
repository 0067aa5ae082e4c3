"""``juntos coordinator verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption
from server.home import open_home
from shared.bundle import read_bundle
from shared.bundle.manifest import MANIFEST
from shared.bundle.ranking_files import is_ranking, read_ranking_manifest
from shared.signatures import fingerprint


def verify(
    bundle: Annotated[Path, typer.Argument(help="The folder of a model's bundle.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Check that a bundle is, byte for byte, one that this coordinator signed."""
    key = open_home(home).signing_key().public_key()
    manifest = bundle / MANIFEST
    if manifest.is_file() and is_ranking(manifest.read_bytes()):
        ranks = read_ranking_manifest(bundle, key)
        typer.echo(f"{bundle}: engine {ranks.engine} of {ranks.run}, signed by {fingerprint(key)}.")
        return
    found = read_bundle(bundle, key)
    typer.echo(f"{bundle}: {found.name} of {found.run}, signed by {fingerprint(key)}.")
