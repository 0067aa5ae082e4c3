"""Why a model answers as it does for one patient: each finding taken away in turn.

The weight of a finding is how much the log-odds of a class fall when the model does not know of it
(Robnik-Sikonja and Kononenko 2008). It is the model's reason, not a cause of the disease.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shared.bundle import Bundle
from shared.contract import CategoricalFeature, Feature, FlagFeature, NumericFeature, TermsFeature
from shared.ontology import terminology
from shared.records import as_terms


@dataclass(frozen=True)
class Finding:
    """One thing known of a patient.

    Attributes
    ----------
    words : str
        For people: "Arachnodactyly (HP:0001166)", "Age 34 a".
    weight : float
        Change of the class's log-odds through this finding; above zero speaks for the class.
    """

    words: str
    weight: float


def explain(bundle: Bundle, table: pd.DataFrame, class_index: int) -> list[Finding]:
    """Weigh each finding of one patient for one class, heaviest first.

    Parameters
    ----------
    table : DataFrame of one row
    class_index : int
        Position among the contract's leaves.
    """
    words, variants = [], []
    for name, feature in bundle.contract.recorded.items():
        for finding, value in findings_removed(feature, table.at[0, name]):
            variant = table.copy()
            variant[name] = pd.Series([value], dtype=table[name].dtype)
            words.append(finding)
            variants.append(variant)
    if not variants:
        return []
    without = log_odds(bundle, pd.concat(variants, ignore_index=True), class_index)
    weights = log_odds(bundle, table, class_index)[0] - without
    findings = [Finding(text, float(weight)) for text, weight in zip(words, weights, strict=True)]
    return sorted(findings, key=lambda finding: -abs(finding.weight))


def log_odds(bundle: Bundle, table: pd.DataFrame, class_index: int) -> np.ndarray:
    """Return the log-odds of one class for each row."""
    probability = np.clip(bundle.predict(table)[:, class_index], 1e-9, 1 - 1e-9)
    result: np.ndarray = np.log(probability / (1 - probability))
    return result


def findings_removed(feature: Feature, value: object) -> list[tuple[str, object]]:
    """Return each finding in words, with what the feature would hold without it."""
    if isinstance(feature, TermsFeature):
        return terms_removed(feature, as_terms(value))
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return []
    if isinstance(feature, NumericFeature):
        unit = "" if feature.unit == "1" else f" {feature.unit}"
        return [(f"{feature.description}: {value:g}{unit}", np.nan)]
    if isinstance(feature, FlagFeature):
        return [(f"{feature.description}: {'yes' if value else 'no'}", np.nan)]
    if isinstance(feature, CategoricalFeature):
        names = {code.code: code.name for code in feature.codes}
        return [(f"{feature.description}: {names[str(value)].lower()}", None)]
    return [(feature.description, None)]


def terms_removed(feature: TermsFeature, terms: tuple[str, ...]) -> list[tuple[str, object]]:
    """Return each term in words, with the terms that remain without it."""
    known = terminology(feature.code_system)
    return [
        (f"{known.name(term)} ({term})", tuple(each for each in terms if each != term))
        for term in terms
    ]
