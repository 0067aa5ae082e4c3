"""What differs between two versions of a contract."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contract import Contract
from shared.contract_changes.change import Change, words_only
from shared.contract_changes.comparing_classes import compare_classes
from shared.contract_changes.comparing_features import added_feature, compare_feature
from shared.contract_changes.renames import Renames
from shared.errors import SettingsError

ORDER = {"major": 0, "minor": 1, "patch": 2}


def compare(old: Contract, new: Contract) -> list[Change]:
    """Return what differs, what matters most first.

    Raises
    ------
    SettingsError
        When they are different contracts.
    """
    if old.name != new.name:
        raise SettingsError(
            f"{new.name} is another contract than {old.name}.",
            "Compare versions of one contract; another one needs a federation of its own.",
        )
    found = [
        *_features(old, new),
        *_derived(old, new),
        *compare_classes(old, new),
        *_identifying(old, new),
        *_words(old, new),
    ]
    if not found and old.renamed != new.renamed:
        found = [words_only("renamed: says more or less about earlier names")]
    return sorted(found, key=lambda change: ORDER[change.level])


def _features(old: Contract, new: Contract) -> Iterator[Change]:
    renames = Renames(new)
    names = {renames.feature(name): name for name in old.recorded}
    for name, feature in new.recorded.items():
        if name not in names:
            yield added_feature(feature, old.version)
        else:
            yield from compare_feature(old.recorded[names[name]], feature, renames)
    for name in old.recorded:
        if renames.feature(name) not in new.recorded:
            yield Change(
                what=f"feature {name}: removed",
                reading="left aside",
                mapping=f"delete the column of {name}",
            )


def _derived(old: Contract, new: Contract) -> Iterator[Change]:
    before, now = ({each.name: each for each in side.derived} for side in (old, new))
    for name in [each for each in now if each not in before]:
        yield Change(
            what=f"derived {name}: new, {' '.join(now[name].expression.split())}",
            reading="computed",
            mapping=f"delete the column of {name}" if name in old.recorded else "",
        )
    for name in before:
        if name not in now and name not in new.recorded:
            yield Change(what=f"derived {name}: removed", reading="as they are")
    for name in [each for each in now if each in before]:
        first, second = before[name], now[name]
        if first.model_copy(update={"description": second.description}) != second:
            how = " ".join(second.expression.split())
            yield Change(what=f"derived {name}: computed anew, {how}", reading="computed")
        elif first != second:
            yield words_only(f"derived {name}: described anew")


def _identifying(old: Contract, new: Contract) -> Iterator[Change]:
    before, now = set(old.identifying_fields), set(new.identifying_fields)
    for name in sorted(now - before):
        yield Change(
            what=f"field {name}: identifies a patient, and is never loaded from now on",
            reading="as they are",
            mapping=f"a mapping that reads a column {name} is refused",
        )
    for name in sorted(before - now):
        yield Change(
            what=f"field {name}: may be loaded from now on; it identified a patient until now",
            reading="as they are",
        )


def _words(old: Contract, new: Contract) -> Iterator[Change]:
    if old.description != new.description:
        yield words_only("description: written anew")
    both = [name for name in old.recorded if name in new.recorded]
    if both != [name for name in new.recorded if name in old.recorded]:
        yield words_only("features: in another order")
