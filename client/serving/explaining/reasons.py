"""From weights of columns to findings in words."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from client.serving.answer import Reason
from client.serving.case_columns import Columns
from client.serving.explaining.tree_paths import Floats
from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.ontology import Terminology, terminology
from shared.preprocessing.preprocessor import Preprocessor
from shared.preprocessing.steps import TermsStep
from shared.records import as_terms


def reasons_of(
    contract: Contract, preprocessor: Preprocessor, columns: Columns, weights: Floats
) -> tuple[Reason, ...]:
    """Sum weights by finding, heaviest first.

    Parameters
    ----------
    columns : dict of str to array of shape (1,)
        Of the patient, by feature; derived ones too.
    weights : array of shape (columns,)
    """
    found: list[Reason] = []
    together: defaultdict[str, float] = defaultdict(float)
    for step, block in zip(preprocessor.steps, preprocessor.blocks(), strict=True):
        part = weights[block.start : block.stop]
        value = columns[step.feature][0]
        if isinstance(step, TermsStep):
            found += _of_terms(contract.features[step.feature], step, as_terms(value), part)
        else:
            together[step.feature] += float(part.sum())
    for name, weight in together.items():
        value = columns[name][0]
        words = in_words(contract.features[name], value)
        found.append(Reason(name, "", words, weight, is_recorded(value)))
    heavy = [reason for reason in found if reason.weight != 0]
    return tuple(sorted(heavy, key=lambda reason: -abs(reason.weight)))


def _of_terms(
    feature: Feature, step: TermsStep, terms: tuple[str, ...], weights: Floats
) -> list[Reason]:
    """Share the weight of each term's column among the recorded terms that imply it.

    What speaks through terms that are not recorded is one reason.
    """
    known = terminology(step.code_system)
    implied_by: defaultdict[str, list[str]] = defaultdict(list)
    for term in terms:
        for above in known.ancestors(term):
            implied_by[above].append(term)
    by_term = dict.fromkeys(terms, 0.0)
    absent = 0.0
    for column, weight in zip(step.vocabulary, weights.tolist(), strict=True):
        sources = implied_by.get(column, ())
        for term in sources:
            by_term[term] += weight / len(sources)
        if not sources:
            absent += weight
    reasons = [
        Reason(step.feature, term, named_term(known, term), weight, recorded=True)
        for term, weight in by_term.items()
    ]
    words = f"{feature.description}: {'no others' if terms else 'none'} recorded"
    return [*reasons, Reason(step.feature, "", words, absent, recorded=False)]


def named_term(known: Terminology, term: str) -> str:
    """Return a term's name with its code."""
    name = known.name(term)
    return term if name == term else f"{name} ({term})"


def is_recorded(value: object) -> bool:
    """Say whether a value is there."""
    if isinstance(value, float):
        return not np.isnan(value)
    return value is not None and value != ()


def in_words(feature: Feature, value: object) -> str:
    """Return a finding for people: "Age: 34 a", "Smoker: not recorded"."""
    if isinstance(feature, TermsFeature) or not is_recorded(value):
        return f"{feature.description}: not recorded"
    if isinstance(feature, NumericFeature):
        unit = "" if feature.unit == "1" else f" {feature.unit}"
        return f"{feature.description}: {value:g}{unit}"
    if isinstance(feature, FlagFeature):
        return f"{feature.description}: {'yes' if value else 'no'}"
    if isinstance(feature, CategoricalFeature):
        names = {code.code: code.name for code in feature.codes}
        return f"{feature.description}: {names.get(str(value), str(value)).lower()}"
    return feature.description
