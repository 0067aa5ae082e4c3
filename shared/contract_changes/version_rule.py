"""The version number that a change of the contract asks for."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contract import Contract
from shared.contract_changes.change import Change, Level
from shared.errors import SettingsError

LEVELS: tuple[Level, ...] = ("major", "minor", "patch")
MEANING: dict[Level, str] = {
    "major": "records of the version before cannot all be read",
    "minor": "records of the version before can be read",
    "patch": "only words change",
}


def parts(version: str) -> tuple[int, int, int]:
    """Return the three numbers of a version."""
    first, second, third = map(int, version.split("."))
    return first, second, third


def required_level(changes: Sequence[Change]) -> Level:
    """Return the level of the change that matters most."""
    found = {change.level for change in changes}
    return next((level for level in LEVELS if level in found), "patch")


def next_version(version: str, level: Level) -> str:
    """Return the version after one."""
    first, second, third = parts(version)
    if level == "major":
        return f"{first + 1}.0.0"
    return f"{first}.{second + 1}.0" if level == "minor" else f"{first}.{second}.{third + 1}"


def level_between(old: str, new: str) -> Level | None:
    """Return which number a version raises over another; None where it is not above it."""
    before, now = parts(old), parts(new)
    if now <= before:
        return None
    return next(level for level, x, y in zip(LEVELS, before, now, strict=True) if x != y)


def refuse_wrong_version(old: Contract, new: Contract, changes: Sequence[Change]) -> None:
    """Refuse a version number that says something else than the changes.

    Raises
    ------
    SettingsError
        With the number to write.
    """
    if not changes:
        raise SettingsError(
            f"Nothing but the version differs from {old.name} {old.version}.",
            "Change what should change; a version without a change is not published.",
        )
    level = required_level(changes)
    if level_between(old.version, new.version) == level:
        return
    decisive = next(change for change in changes if change.level == level)
    raise SettingsError(
        f"Version {new.version} does not say what changes since {old.version}: "
        f"{MEANING[level]} ({decisive.what}).",
        f'Write version = "{next_version(old.version, level)}".',
    )
