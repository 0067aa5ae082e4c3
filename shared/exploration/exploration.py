"""What one or more hospitals tell about their data when a run explores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from typing import Annotated

from pydantic import Field

from shared.contract import Contract, TermsFeature
from shared.errors import JuntosError
from shared.exploration.cells import cell_count
from shared.exploration.products import CrossProducts
from shared.exploration.tables import CellCounts, CellTable, Count
from shared.settings_file import StrictModel


class FeatureTables(StrictModel):
    """Of one feature.

    Attributes
    ----------
    cells : CellCounts
        Patients by cell; see `shared.exploration.cells`. The last cell is for what is missing.
    by_class : CellTable
        The same by class, in coarser cells.
    few : tuple of int
        Codes, and the cell for what is missing, that are told with others because they are fewer
        than the smallest cell. Not known of several hospitals.
    present_is_few : bool
        Whether so few have any value. Not known of several hospitals.
    """

    cells: CellCounts
    by_class: CellTable
    few: tuple[int, ...] = ()
    present_is_few: bool = False

    def merge(self, other: FeatureTables) -> FeatureTables:
        """Return the tables of both hospitals."""
        return FeatureTables(
            cells=self.cells.merge(other.cells), by_class=self.by_class.merge(other.by_class)
        )


class Exploration(StrictModel):
    """What is told of the patients of one or more hospitals.

    Merging is associative and commutative, and gives what the pooled patients would give in the
    same cells.

    Attributes
    ----------
    contract_hash : str
        The contract as the run sees it.
    smallest_cell : int
        No cell holds from 1 to one less than so many patients; of several hospitals the smallest.
    patients : int
        Each counts with one record.
    classes : CellCounts
        By label, leaf or coarser, in the contract's order.
    few_classes : tuple of int
        Labels that are told with others because they are fewer than the smallest cell. Not known of
        several hospitals.
    features : dict of str to FeatureTables
    terms : dict of str to dict of str to int
        Of each feature of terms: patients who show the term or one below it. A term that is not
        there may be shown by nobody, or by few; of several hospitals the sum of what was told.
    products : CrossProducts or None
        None where too few patients have the same numbers missing, or there are no numbers.
    studies : list of int or None
        At least so many patients meet each study's conditions; None where that is not told.
    """

    contract_hash: str
    smallest_cell: Annotated[int, Field(ge=1)]
    patients: Count
    classes: CellCounts
    few_classes: tuple[int, ...] = ()
    features: dict[str, FeatureTables]
    terms: dict[str, dict[str, Count]]
    products: CrossProducts | None
    studies: list[Count | None]

    def merge(self, other: Exploration) -> Exploration:
        """Return what is told of the patients of both.

        Raises
        ------
        JuntosError
            When the two answer different questions.
        """
        if self.contract_hash != other.contract_hash or len(self.studies) != len(other.studies):
            raise JuntosError("Two hospitals tell of different things.")
        return Exploration(
            contract_hash=self.contract_hash,
            smallest_cell=min(self.smallest_cell, other.smallest_cell),
            patients=self.patients + other.patients,
            classes=self.classes.merge(other.classes),
            features={
                name: each.merge(other.features[name]) for name, each in self.features.items()
            },
            terms={
                name: dict(sorted((Counter(each) + Counter(other.terms[name])).items()))
                for name, each in self.terms.items()
            },
            products=_merged(self.products, other.products),
            studies=[
                _added(first, second)
                for first, second in zip(self.studies, other.studies, strict=True)
            ],
        )

    def check(self, contract: Contract, studies: int) -> None:
        """Refuse what another party tells that does not fit the contract.

        Raises
        ------
        JuntosError
            Naming the first part that does not fit.
        """
        if self.contract_hash != contract.hash:
            raise JuntosError("an exploration by another version of the contract")
        terms = {n for n, each in contract.features.items() if isinstance(each, TermsFeature)}
        if set(self.features) != set(contract.features) or set(self.terms) != terms:
            raise JuntosError("an exploration of other features than the contract's")
        if len(self.studies) != studies:
            raise JuntosError("an exploration of other studies than those asked for")
        self.classes.check(len(contract.classes), self.patients)
        for name, feature in contract.features.items():
            tables, size = self.features[name], cell_count(feature)
            tables.cells.check(size, self.patients)
            tables.by_class.check(size, len(contract.classes), self.patients)
        if any(count > self.patients for each in self.terms.values() for count in each.values()):
            raise JuntosError("a term of more patients than there are")
        if any(count is not None and count > self.patients for count in self.studies):
            raise JuntosError("a study of more patients than there are")
        if self.products is not None:
            self.products.check(contract, self.patients)


def merge_explorations(explorations: Iterable[Exploration]) -> Exploration:
    """Merge any number, at least one."""
    return reduce(Exploration.merge, explorations)


def _merged(first: CrossProducts | None, second: CrossProducts | None) -> CrossProducts | None:
    if first is None or second is None:
        return first or second
    return first.merge(second)


def _added(first: int | None, second: int | None) -> int | None:
    if first is None and second is None:
        return None
    return (first or 0) + (second or 0)
