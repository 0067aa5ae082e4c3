"""The differences between two versions of a contract, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contract import Contract
from shared.contract_changes.change import READING_IN_WORDS, Change
from shared.contract_changes.version_rule import MEANING, required_level


def in_words(old: Contract, new: Contract, changes: Sequence[Change]) -> list[str]:
    """Return lines: what differs, and what follows from it.

    Changes of words alone are counted and not told one by one, unless there are no others.
    """
    if not changes:
        return [f"{old.name} {old.version} and {new.version} say the same."]
    level = required_level(changes)
    lines = [f"{old.name} {old.version} -> {new.version}: {MEANING[level]}."]
    told = [change for change in changes if change.level != "patch"] or list(changes)
    for change in told:
        lines.append(f"  {change.what}")
        if change.level != "patch":
            lines.append(f"      {READING_IN_WORDS[change.reading]}")
        if change.mapping:
            lines.append(f"      mapping: {change.mapping}")
    others = len(changes) - len(told)
    if others:
        lines.append(f"  and {others} changes of words" if others > 1 else "  and one of words")
    return lines
