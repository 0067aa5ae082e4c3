"""What differs between the classes of two versions of a contract."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contract import Contract, TargetClass
from shared.contract_changes.change import Change, unreadable, words_only
from shared.contract_changes.renames import Renames


def compare_classes(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield what differs between the diagnoses that a record can be labelled with."""
    renames = Renames(new)
    before = {renames.target(code): target for code, target in old.classes.items()}
    for code, target in before.items():
        if code not in new.classes:
            yield unreadable(
                f"class {target.code}: removed",
                f"local codes of the diagnosis that mean {target.code} must mean another class",
            )
        elif code != target.code:
            yield Change(
                what=f"class {target.code}: is called {code} now",
                reading="renamed",
                mapping=f"{target.code!r} in label.codes is read as {code!r}",
            )
    for code, target in new.classes.items():
        if code in before:
            yield from _class(before[code], target, renames)
        else:
            where = f" under {target.parent}" if target.parent else ""
            yield Change(
                what=f"class {code} ({target.name}): new{where}, {target.frequency}",
                reading="as they are",
                mapping=f"say in label.codes which local code means {code}, if one does",
            )
    if [code for code in before if code in new.classes] != [
        code for code in new.classes if code in before
    ]:
        yield words_only("classes: in another order")


def _class(old: TargetClass, new: TargetClass, renames: Renames) -> Iterator[Change]:
    parent = old.parent and renames.target(old.parent)
    if parent != new.parent:
        above = f"lies under {new.parent}" if new.parent else "lies under no other class"
        yield Change(what=f"class {new.code}: {above} now", reading="as they are")
    if old.frequency != new.frequency:
        yield Change(what=f"class {new.code}: counts as {new.frequency} now", reading="as they are")
    if old.name != new.name or old.synonyms != new.synonyms:
        yield words_only(f"class {new.code}: named anew")
