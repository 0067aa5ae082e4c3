"""The federation's data contract: what a record holds, in which units and codes, and what is told.

All sides read the same contract; its hash names a version, and a node with another version is
refused before any data is touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.coded_value import Code as Code
from shared.coded_value import CodedValue as CodedValue
from shared.coded_value import Name as Name
from shared.derived import Derivation, DerivedFeature, derivation_of
from shared.errors import SettingsError
from shared.features import CategoricalFeature as CategoricalFeature
from shared.features import Feature as Feature
from shared.features import FlagFeature as FlagFeature
from shared.features import NumericFeature as NumericFeature
from shared.features import TermsFeature as TermsFeature
from shared.features import TextFeature as TextFeature
from shared.features import feature_of, is_absent, kind_of
from shared.renaming import Renaming
from shared.settings_file import StrictModel, load
from shared.synonyms import Synonyms, without_synonyms


class TargetClass(StrictModel):
    """A diagnosis that a record can be labelled with.

    Attributes
    ----------
    parent : str or None
        The code of a coarser class that contains this one ("disease, grade unknown" above the
        grades). A class with children is never predicted itself; a record labelled with it teaches
        and scores what it can: that one of its children is right.
    """

    code: Code
    name: str
    frequency: Literal["common", "rare"]
    parent: Code | None = None
    synonyms: Synonyms = Field(default_factory=list)


def _is_empty(entries: list[Any]) -> bool:
    return not entries


class Contract(StrictModel):
    """A versioned data contract.

    Attributes
    ----------
    feature : list of Feature
        What a record holds, and hospitals map.
    derived : list of DerivedFeature
        What is computed from that, alike at every hospital and where a model answers.
    renamed : list of Renaming
        What features, codes and classes were called in earlier versions.
    """

    name: Name
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    description: str
    identifying_fields: list[str] = Field(
        description="column names that must never be loaded, whatever a mapping says"
    )
    feature: list[Feature] = Field(min_length=1)
    # Left out of a dump where there are none, so that contracts of before keep their hash.
    derived: list[DerivedFeature] = Field(default_factory=list, exclude_if=_is_empty)
    renamed: list[Renaming] = Field(default_factory=list, exclude_if=_is_empty)
    target: list[TargetClass] = Field(min_length=2)

    @model_validator(mode="after")
    def _names_are_consistent(self) -> Contract:
        _refuse_duplicates("feature", [each.name for each in (*self.feature, *self.derived)])
        _refuse_duplicates("target", [target.code for target in self.target])
        for feature in self.feature:
            if isinstance(feature, CategoricalFeature):
                _refuse_duplicates(feature.name, [value.code for value in feature.codes])
        codes = {target.code for target in self.target}
        for target in self.target:
            if target.parent is not None and target.parent not in codes:
                raise ValueError(f"target {target.code!r}: parent {target.parent!r} is no target")
            self._refuse_cycle(target)
        if len(self.leaves) < 2:
            raise ValueError("at least two targets without children are needed")
        # Raises where an expression is wrong.
        _ = self.features
        return self

    def _refuse_cycle(self, target: TargetClass) -> None:
        parents = {each.code: each.parent for each in self.target}
        seen: set[str] = set()
        code: str | None = target.code
        while code is not None:
            if code in seen:
                raise ValueError(f"target {target.code!r} is its own ancestor")
            seen.add(code)
            code = parents.get(code)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical content; names this version of the contract."""
        content = without_synonyms(self.model_dump(mode="json"))
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def recorded(self) -> dict[str, Feature]:
        """The features that a record holds and hospitals map, by name, in the contract's order."""
        return {feature.name: feature for feature in self.feature}

    @cached_property
    def derivation(self) -> Derivation:
        """How the derived features are computed."""
        # Nor is anything derived from findings that were looked for and are absent.
        kinds = {
            name: kind_of(feature)
            for name, feature in self.recorded.items()
            if not is_absent(feature)
        }
        return derivation_of(self.derived, kinds)

    @cached_property
    def features(self) -> dict[str, Feature]:
        """All features that models see, by name: the recorded, then the derived ones."""
        derived = self.derivation.features()
        return {
            **self.recorded,
            **{name: feature_of(fields) for name, fields in derived.items()},
        }

    @cached_property
    def classes(self) -> dict[str, TargetClass]:
        """Every class, leaf or not, by code."""
        return {target.code: target for target in self.target}

    @cached_property
    def leaves(self) -> list[str]:
        """Codes of the classes that are predicted: those without children, in order."""
        parents = {target.parent for target in self.target}
        return [target.code for target in self.target if target.code not in parents]

    @cached_property
    def rare_leaves(self) -> npt.NDArray[np.bool_]:
        """Which leaves are rare, shape (len(leaves),)."""
        return np.array([self.classes[leaf].frequency == "rare" for leaf in self.leaves])

    @cached_property
    def groups(self) -> list[str]:
        """Codes of the coarsest classes: those without a parent, in order."""
        return [target.code for target in self.target if target.parent is None]

    def ancestors(self, code: str) -> list[str]:
        """Return the codes above `code`, nearest first."""
        found = []
        parent = self.classes[code].parent
        while parent is not None:
            found.append(parent)
            parent = self.classes[parent].parent
        return found

    def membership(self, codes: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Say which leaves each class stands for.

        Returns
        -------
        array of shape (len(codes), len(leaves))
            True where the leaf is the class itself or below it.
        """
        lines = [[leaf, *self.ancestors(leaf)] for leaf in self.leaves]
        inside = [[code in line for line in lines] for code in codes]
        return np.array(inside, dtype=np.bool_).reshape(len(codes), len(lines))

    def at_group_level(self) -> Contract:
        """Return the contract whose targets are the coarsest classes only."""
        return self.model_copy_checked(
            target=[target for target in self.target if target.parent is None]
        )

    def without_features(self, names: Sequence[str]) -> Contract:
        """Return the contract without the named features, and without what is derived from them."""
        gone = {*names, *self.derivation.dependents(names)}
        unknown = sorted(set(names) - {each.name for each in (*self.feature, *self.derived)})
        if unknown:
            raise SettingsError(
                f"The contract has no feature {', '.join(unknown)}.",
                f"Its features are {', '.join(self.features)}.",
            )
        return self.model_copy_checked(
            feature=[feature for feature in self.feature if feature.name not in gone],
            derived=[each for each in self.derived if each.name not in gone],
        )

    def model_copy_checked(self, **changes: object) -> Contract:
        """Return a copy with some fields replaced, checked anew."""
        fields = {name: getattr(self, name) for name in Contract.model_fields}
        return Contract.model_validate({**fields, **changes})

    def group_of(self, code: str) -> str:
        """Return the coarsest class that contains `code`."""
        return [code, *self.ancestors(code)][-1]


def _refuse_duplicates(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what}: {', '.join(repeated)} appears more than once")


def shipped_contracts() -> list[str]:
    """Return the names of the contracts that come with Juntos."""
    folder = resources.files("shared") / "contracts"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def load_contract(name_or_path: str | Path) -> Contract:
    """Load a shipped contract by name, or any other from a file.

    Raises
    ------
    SettingsError
        When there is no such contract or it is not valid.
    """
    if str(name_or_path) in shipped_contracts():
        with resources.as_file(resources.files("shared") / "contracts") as folder:
            return load(Contract, folder / f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not path.exists():
        raise SettingsError(
            f"There is no contract {str(name_or_path)!r}.",
            f"Give a file, or one of: {', '.join(shipped_contracts())}.",
        )
    return load(Contract, path)
