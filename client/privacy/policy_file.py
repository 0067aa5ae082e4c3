"""Changing one line of ``policy.toml``; what else a person wrote there stays."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from pathlib import Path

from client.privacy.policy import Policy, policy_template, read_policy
from shared.errors import SettingsError
from shared.settings_file import parse

_APPROVED = re.compile(r"^approved_code\s*=\s*\[[^\]]*\]", re.MULTILINE)


def approve_code(path: Path, code: str) -> None:
    """Add a hash to ``approved_code``; one that is there already changes nothing.

    Raises
    ------
    SettingsError
        When it is no SHA-256, or the file cannot be used or changed.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", code):
        raise SettingsError(f"{code!r} is no SHA-256.", "Give 64 digits of 0-9 and a-f.")
    before = read_policy(path)
    if code in before.approved_code:
        return
    after = before.model_copy(update={"approved_code": (*before.approved_code, code)})
    hashes = "".join(f'\n  "{each}",' for each in after.approved_code)
    line = f"approved_code = [{hashes}\n]"
    text = path.read_text(encoding="utf-8") if path.exists() else policy_template()
    changed, count = _APPROVED.subn(line, text, count=1)
    if not count:
        # After the first table's name it would belong to that table.
        changed = f"{line}\n\n{text}"
    if _parsed(changed, path) != after:
        raise SettingsError(f"{path} cannot be changed by the command.", f"Write there: {line}")
    _write(path, changed)


def _parsed(text: str, path: Path) -> Policy | None:
    try:
        return parse(Policy, tomllib.loads(text), str(path))
    except (tomllib.TOMLDecodeError, SettingsError):
        return None


def _write(path: Path, text: str) -> None:
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(partial).replace(path)
