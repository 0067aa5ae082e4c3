"""Accepting a version of the contract: this hospital follows it from then on."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from client.contracts.fitting import Fit, fit_of
from client.contracts.offered import OfferedContract, tell_accepted
from client.home import SETTINGS_FILE, NodeHome, NodeSettings, open_home
from client.sources.mapping import load_mapping
from shared.contract import Contract
from shared.contract_changes.version_rule import level_between
from shared.errors import SettingsError
from shared.settings_file import load

HASH_LINE = re.compile(r"^(contract_hash\s*=\s*).*$", re.MULTILINE)
MAPPING_LINE = re.compile(r"^(mapping\s*=\s*).*$", re.MULTILINE)


def accept(home: NodeHome, offered: OfferedContract, mapping: Path | None = None) -> Fit:
    """Follow the offered contract, once the mapping fits it.

    The contract before stays in the folder. A second time, only the coordinator is told again.

    Parameters
    ----------
    mapping : Path, optional
        The mapping for the new version; without it the present one must fit.

    Returns
    -------
    Fit
        What the mapping still lacks.

    Raises
    ------
    SettingsError
        When the version is an older one, or the mapping does not fit; nothing is changed.
    ConnectionRefusedByPeerError
        When the coordinator could not be told.
    """
    old, new = home.contract(), offered.contract
    refuse_older(old, new)
    file = home.mapping_file if mapping is None else mapping.absolute()
    fit = fit_of(old, new, file)
    if fit.complaint:
        raise SettingsError(
            fit.complaint,
            "Correct a copy of the mapping, and accept with --mapping COPY; until then this "
            f"hospital follows {old.version}.",
        )
    if new.hash != old.hash:
        _write(home.file_of(new.hash), offered.text)
    _follow(home, new, mapping)
    tell_accepted(open_home(home.path), new)
    return fit


def refuse_older(old: Contract, new: Contract) -> None:
    """Refuse to go back to a version, or over to another contract.

    Raises
    ------
    SettingsError
    """
    if new.hash == old.hash:
        return
    if new.name != old.name or level_between(old.version, new.version) is None:
        raise SettingsError(
            f"The coordinator offers {new.name} {new.version}, and this hospital follows "
            f"{old.name} {old.version}.",
            "Ask the coordinator whether its database was put back to an earlier state.",
        )


def _follow(home: NodeHome, contract: Contract, mapping: Path | None) -> None:
    """Change the lines of node.toml in one step, and leave all others as their author wrote them.

    Raises
    ------
    SettingsError
        When that would spoil the file; nothing is changed.
    """
    path = home.path / SETTINGS_FILE
    text = path.read_text(encoding="utf-8")
    text = HASH_LINE.sub(_line(contract.hash), text)
    if mapping is not None:
        load_mapping(mapping)
        line = json.dumps(str(mapping.absolute()), ensure_ascii=False)
        if MAPPING_LINE.search(text):
            text = MAPPING_LINE.sub(_line(str(mapping.absolute())), text)
        else:
            text = f"mapping = {line}\n{text}"
    new = _written(path, text)
    try:
        settings = load(NodeSettings, new)
        if settings.contract_hash != contract.hash:
            raise SettingsError(f"{path} has no line contract_hash.", "Restore it from a backup.")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _line(value: str) -> Callable[[re.Match[str]], str]:
    """Return what puts a value behind the name; a TOML string escapes as a JSON string does."""
    return lambda found: found.group(1) + json.dumps(value, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _written(path, text).replace(path)


def _written(path: Path, text: str) -> Path:
    """Return a file beside `path` with a text, on the disk."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return new
