"""A contract as a terminal shows it."""

from __future__ import annotations

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    NumericFeature,
    TermsFeature,
)


def described(contract: Contract) -> str:
    """Return what a contract is called, and which diagnoses it knows."""
    rare = [target.code for target in contract.target if target.frequency == "rare"]
    return (
        f"{contract.name} {contract.version}  {contract.hash[:12]}\n"
        f"{' '.join(contract.description.split())}\n"
        f"{len(contract.target)} classes, {len(rare)} of them rare\n"
    )


def rows_of(contract: Contract) -> list[list[str]]:
    """Return a row for each feature: its name, its kind, what it holds."""
    rows = [[name, each.kind, _holds(each)] for name, each in contract.recorded.items()]
    return rows + [
        [each.name, f"derived {each.kind}", each.expression] for each in contract.derived
    ]


def _holds(feature: Feature) -> str:
    if isinstance(feature, NumericFeature):
        return f"{feature.minimum:g} to {feature.maximum:g} {feature.unit}"
    if isinstance(feature, CategoricalFeature):
        return ", ".join(value.code for value in feature.codes)
    if isinstance(feature, TermsFeature):
        return f"{feature.code_system}, at most {feature.maximum_terms}"
    return " ".join(feature.description.split())
