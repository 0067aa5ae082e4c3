"""Which software answers: its version, and a hash of what it consists of."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("client", "shared")


@lru_cache(maxsize=1)
def installed_code() -> str:
    """Return the release's version and the SHA-256 of a hospital's own Python files."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        folder = Path(str(resources.files(package)))
        for file in sorted(folder.rglob("*.py")):
            name = f"{package}/{file.relative_to(folder).as_posix()}"
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{name} {content}\n".encode())
    return f"{version('juntos')} sha256:{digest.hexdigest()}"
