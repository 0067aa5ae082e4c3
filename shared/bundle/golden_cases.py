"""Invented cases with the model's answers, so that whoever loads a bundle can see it answer alike.

The cases are drawn from the contract alone: evenly from each plausible range and code list. They
are no patients and resemble none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.errors import BundleError
from shared.models.training_data import Probabilities
from shared.records import typed_column
from shared.settings_file import StrictModel

if TYPE_CHECKING:
    import pandas as pd

CASES = 16
MISSING_SHARE = 0.2
TOLERANCE = 1e-5


class GoldenCases(StrictModel):
    """Invented cases and their answers.

    Attributes
    ----------
    cases : dict of str to list
        Values by feature; null where missing.
    probabilities : list of list of float
        Per case, of each leaf class.
    """

    cases: dict[str, list[object]]
    probabilities: list[list[float]]

    def table(self, contract: Contract) -> pd.DataFrame:
        """Return the cases as typed recorded features."""
        import pandas as pd

        return pd.DataFrame(
            {
                name: typed_column(contract, name, self.cases.get(name, []))
                for name in contract.recorded
            }
        )

    def check(self, answers: Probabilities) -> None:
        """Compare a loaded model's answers with those written down.

        Raises
        ------
        BundleError
            When any differs by more than 1e-5.
        """
        expected = np.array(self.probabilities)
        if answers.shape != expected.shape or np.abs(answers - expected).max() > TOLERANCE:
            raise BundleError(
                "The model does not give the answers its bundle promises.",
                "Do not use it; fetch the bundle again.",
            )


def invent_cases(
    contract: Contract, terms: dict[str, list[str]], seed: int
) -> dict[str, list[object]]:
    """Draw cases from the contract.

    Parameters
    ----------
    terms : dict of str to list of str
        For each terms feature, the codes to draw from: the model's vocabulary.
    """
    generator = np.random.default_rng(seed)
    return {
        name: [
            None
            if generator.random() < MISSING_SHARE
            else invent_value(feature, terms.get(name, []), generator)
            for _ in range(CASES)
        ]
        for name, feature in contract.recorded.items()
    }


def invent_value(feature: Feature, terms: list[str], generator: np.random.Generator) -> object:
    """Draw one value of a feature."""
    if isinstance(feature, NumericFeature):
        return float(generator.uniform(feature.minimum, feature.maximum))
    if isinstance(feature, FlagFeature):
        return float(generator.integers(2))
    if isinstance(feature, CategoricalFeature):
        return feature.codes[int(generator.integers(len(feature.codes)))].code
    if isinstance(feature, TermsFeature):
        size = min(len(terms), int(generator.integers(1, 8)))
        return sorted(generator.choice(terms, size, replace=False).tolist()) if terms else None
    return None
