"""What features, codes and classes of an old version are called in a new one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.contract import CategoricalFeature, Contract


@dataclass(frozen=True)
class Renames:
    """The names of a contract's earlier versions.

    Parameters
    ----------
    contract : Contract
        The new version: its ``[[renamed]]`` holds the renamings of all versions before it.
    """

    contract: Contract

    def feature(self, old: str) -> str:
        """Return what a recorded feature is called now; itself where it was not renamed."""
        found = {
            each.feature: each.to
            for each in self.contract.renamed
            if each.feature is not None and each.code is None
        }
        return _followed(old, found, self.contract.recorded)

    def code(self, feature: str, old: str) -> str:
        """Return what a code of a feature (by its new name) is called now."""
        return _followed(old, self._codes(feature), self._known_codes(feature))

    def old_codes(self, feature: str) -> dict[str, str]:
        """Return the codes of a feature (by its new name) that were renamed, and to what."""
        known = self._known_codes(feature)
        old = [code for code in self._codes(feature) if code not in known]
        return {code: self.code(feature, code) for code in old}

    def target(self, old: str) -> str:
        """Return what a class is called now."""
        return _followed(old, self._targets(), self.contract.classes)

    def old_targets(self) -> dict[str, str]:
        """Return the classes that were renamed, and to what."""
        old = [code for code in self._targets() if code not in self.contract.classes]
        return {code: self.target(code) for code in old}

    def _codes(self, feature: str) -> dict[str, str]:
        return {
            each.code: each.to
            for each in self.contract.renamed
            if each.code is not None and each.feature == feature
        }

    def _known_codes(self, feature: str) -> set[str]:
        found = self.contract.recorded.get(feature)
        if not isinstance(found, CategoricalFeature):
            return set()
        return {value.code for value in found.codes}

    def _targets(self) -> dict[str, str]:
        return {each.target: each.to for each in self.contract.renamed if each.target is not None}


def _followed(old: str, renamed: Mapping[str, str], known: Collection[str]) -> str:
    """Follow renamings over several versions; a name that is in use is nobody's old name."""
    name, seen = old, {old}
    while name not in known and name in renamed and renamed[name] not in seen:
        name = renamed[name]
        seen.add(name)
    return name if name in known else old
