"""What a hospital says about its records, and how two such answers become one.

Every part is a count, a sum or a histogram on the contract's fixed grid, so merging is associative
and commutative and the merged summary is that of the pooled rows. Nothing here holds a raw value:
no minimum, maximum, quantile or sketch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Annotated, Literal

from pydantic import Field

from shared.contract import CategoricalFeature, Contract, Feature, NumericFeature
from shared.errors import JuntosError
from shared.settings_file import StrictModel

Count = Annotated[int, Field(ge=0)]


class NumericSummary(StrictModel):
    """Of one numeric feature, in the contract's unit.

    Attributes
    ----------
    present, missing : int
        Rows with and without a value.
    total, total_of_squares : float
        Sums of ``x - c`` and ``(x - c)**2``, where c is the middle of the contract's range: close
        to the data, so that the variance does not cancel.
    histogram : list of int
        Counts on the contract's equal-width bins; the last bin includes its upper end.
    """

    kind: Literal["numeric"] = "numeric"
    present: Count
    missing: Count
    total: float
    total_of_squares: float
    histogram: list[Count]

    def merge(self, other: NumericSummary) -> NumericSummary:
        """Return the summary of both hospitals' rows."""
        return NumericSummary(
            present=self.present + other.present,
            missing=self.missing + other.missing,
            total=self.total + other.total,
            total_of_squares=self.total_of_squares + other.total_of_squares,
            histogram=[a + b for a, b in zip(self.histogram, other.histogram, strict=True)],
        )


class CountedSummary(StrictModel):
    """Of a categorical, flag, terms or text feature: how many rows show each code.

    Attributes
    ----------
    kind : str
        The feature's kind.
    present, missing : int
        Rows with and without any code or text.
    counts : dict of str to int
        Rows by code; ``yes`` and ``no`` for a flag; for terms every ancestor counts too, once per
        row; empty for text.
    """

    kind: Literal["categorical", "flag", "terms", "text"]
    present: Count
    missing: Count
    counts: dict[str, Count]

    def merge(self, other: CountedSummary) -> CountedSummary:
        """Return the summary of both hospitals' rows."""
        return CountedSummary(
            kind=self.kind,
            present=self.present + other.present,
            missing=self.missing + other.missing,
            counts=add_counts(self.counts, other.counts),
        )


FeatureSummary = Annotated[NumericSummary | CountedSummary, Field(discriminator="kind")]


class Summary(StrictModel):
    """Of all records of one or more hospitals.

    Attributes
    ----------
    contract_hash : str
        The contract the records follow.
    rows : int
    classes : dict of str to int
        Rows by label, leaf or coarser.
    features : dict of str to FeatureSummary
    """

    contract_hash: str
    rows: Count
    classes: dict[str, Count]
    features: dict[str, FeatureSummary]

    def merge(self, other: Summary) -> Summary:
        """Return the summary of both hospitals' rows.

        Raises
        ------
        JuntosError
            When the two follow different contracts.
        """
        if self.contract_hash != other.contract_hash:
            raise JuntosError("Two summaries follow different versions of the contract.")
        return Summary(
            contract_hash=self.contract_hash,
            rows=self.rows + other.rows,
            classes=add_counts(self.classes, other.classes),
            features={
                name: merge_features(summary, other.features[name])
                for name, summary in self.features.items()
            },
        )

    def check(self, contract: Contract) -> None:
        """Refuse a summary from another party that does not fit the contract.

        Raises
        ------
        JuntosError
            Naming the first part that does not fit.
        """
        if self.contract_hash != contract.hash:
            raise JuntosError("The summary follows another version of the contract.")
        if set(self.features) != set(contract.features):
            raise JuntosError("The summary does not cover exactly the contract's features.")
        if unknown := set(self.classes) - set(contract.classes):
            raise JuntosError(f"The summary counts {len(unknown)} classes the contract lacks.")
        for name, feature in contract.features.items():
            _check_feature(feature, self.features[name], self.rows)

    def leaf_counts(self, contract: Contract) -> list[int]:
        """Return the rows labelled with each leaf, in the contract's order."""
        return [self.classes.get(leaf, 0) for leaf in contract.leaves]


def _check_feature(feature: Feature, summary: FeatureSummary, rows: int) -> None:
    fits = summary.kind == feature.kind and summary.present + summary.missing == rows
    if isinstance(feature, NumericFeature) and isinstance(summary, NumericSummary):
        fits = fits and len(summary.histogram) == feature.bins
        fits = fits and sum(summary.histogram) == summary.present
    if isinstance(feature, CategoricalFeature) and isinstance(summary, CountedSummary):
        fits = fits and set(summary.counts) <= {value.code for value in feature.codes}
    if not fits:
        raise JuntosError(f"The summary of {feature.name!r} does not fit the contract.")


def merge_features(first: FeatureSummary, second: FeatureSummary) -> FeatureSummary:
    """Merge two summaries of the same feature."""
    if isinstance(first, NumericSummary) and isinstance(second, NumericSummary):
        return first.merge(second)
    if isinstance(first, CountedSummary) and isinstance(second, CountedSummary):
        return first.merge(second)
    raise JuntosError("Two summaries of one feature are of different kinds.")


def add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Add two tables of counts, code by code, in the order of the codes."""
    return dict(sorted((Counter(first) + Counter(second)).items()))


def merge_summaries(summaries: Iterable[Summary]) -> Summary:
    """Merge any number of summaries, at least one."""
    return reduce(Summary.merge, summaries)
