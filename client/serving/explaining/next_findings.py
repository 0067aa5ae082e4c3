"""What to look at next: what would tell most about the disease on average.

For each feature that is not recorded: what the answer would be for each of its values, weighed by
how often the value is among the training rows, whatever else is known. How far the entropy of the
answer falls on average is what the feature is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from client.serving.answer import NextFinding
from client.serving.case import Case, Value
from client.serving.explaining.reasons import is_recorded, named_term
from client.serving.explaining.tree_paths import Floats
from shared.contract import Contract, FlagFeature, NumericFeature, TermsFeature, TextFeature
from shared.models.training_data import Probabilities
from shared.ontology import terminology
from shared.preprocessing.preprocessor import Preprocessor
from shared.preprocessing.steps import TermsStep
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary

# Values of a number that are tried, each for as many of the training rows.
NUMBERS = 8
# Terms that are tried: those that tell most rows apart.
MOST_TERMS = 200


@dataclass(frozen=True)
class Question:
    """A feature or term that is not known.

    Attributes
    ----------
    values : tuple of Value
        What it may turn out to be.
    shares : tuple of float
        How often each value is; less than one together where the rest changes nothing.
    """

    feature: str
    term: str
    words: str
    values: tuple[Value, ...]
    shares: tuple[float, ...]


def next_findings(
    contract: Contract,
    summary: Summary,
    preprocessor: Preprocessor,
    case: Case,
    answer: Callable[[Sequence[Case]], Probabilities],
    most: int,
) -> list[NextFinding]:
    """Return what to look at next, the most telling first; nothing that tells nothing.

    Parameters
    ----------
    answer : callable
        Returns the probabilities of each case.
    """
    questions = questions_about(contract, summary, preprocessor, case)
    variants = [
        Case({**case.values, question.feature: value})
        for question in questions
        for value in question.values
    ]
    if not variants:
        return []
    bits = entropy(answer([case, *variants]))
    now, later = float(bits[0]), iter(bits[1:].tolist())
    found = [
        NextFinding(
            question.feature,
            question.term,
            question.words,
            sum(share * (now - next(later)) for share in question.shares),
        )
        for question in questions
    ]
    telling = [each for each in found if each.expected_drop > 0]
    return sorted(telling, key=lambda each: -each.expected_drop)[:most]


def entropy(probabilities: Probabilities) -> Floats:
    """Return how uncertain each answer is, in bits."""
    positive = np.maximum(probabilities, 1e-300)
    bits: Floats = -(probabilities * np.log2(positive)).sum(axis=1)
    return bits


def questions_about(
    contract: Contract, summary: Summary, preprocessor: Preprocessor, case: Case
) -> list[Question]:
    """Return what is not known of a patient and could be."""
    questions: list[Question] = []
    steps = {step.feature: step for step in preprocessor.steps}
    for name, feature in contract.recorded.items():
        value, of_feature = case.values.get(name), summary.features[name]
        step = steps.get(name)
        if isinstance(feature, TermsFeature) and isinstance(step, TermsStep):
            terms = value if isinstance(value, tuple) else ()
            questions += term_questions(step, of_feature, summary.rows, terms)
        elif not isinstance(feature, TextFeature | TermsFeature) and not is_recorded(value):
            values, shares = plausible(feature, of_feature)
            if len(values) > 1:
                questions.append(Question(name, "", feature.description, values, shares))
    return questions


def plausible(
    feature: object, summary: FeatureSummary
) -> tuple[tuple[Value, ...], tuple[float, ...]]:
    """Return values of a feature with how often each is, among rows that have any."""
    if isinstance(feature, NumericFeature) and isinstance(summary, NumericSummary):
        return _numbers(feature, summary)
    counts = summary.counts if isinstance(summary, CountedSummary) else {}
    total = sum(counts.values())
    seen = {code: count / total for code, count in counts.items() if count > 0}
    if isinstance(feature, FlagFeature):
        truth = {"yes": 1.0, "no": 0.0}
        return tuple(truth[code] for code in seen), tuple(seen.values())
    return tuple(seen), tuple(seen.values())


def _numbers(
    feature: NumericFeature, summary: NumericSummary
) -> tuple[tuple[Value, ...], tuple[float, ...]]:
    """Return means of equal parts of the training rows, from the histogram."""
    counts = np.array(summary.histogram, dtype=np.float64)
    if not counts.sum():
        return (), ()
    width = (feature.maximum - feature.minimum) / feature.bins
    centres = feature.minimum + (np.arange(len(counts)) + 0.5) * width
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    part = np.minimum((middle * NUMBERS).astype(int), NUMBERS - 1)
    weights = np.bincount(part, counts, minlength=NUMBERS)
    sums = np.bincount(part, counts * centres, minlength=NUMBERS)
    there = weights > 0
    means, shares = sums[there] / weights[there], weights[there] / counts.sum()
    return tuple(means.tolist()), tuple(shares.tolist())


def term_questions(
    step: TermsStep, summary: FeatureSummary, rows: int, terms: tuple[str, ...]
) -> list[Question]:
    """Return terms that are neither recorded nor implied; without one, the answer stays."""
    known = terminology(step.code_system)
    implied = set(known.expand(terms))
    counts = summary.counts if isinstance(summary, CountedSummary) else {}
    shares = {
        term: counts.get(term, 0) / max(1, rows) for term in step.vocabulary if term not in implied
    }
    asked = sorted(shares, key=lambda term: -shares[term] * (1 - shares[term]))[:MOST_TERMS]
    return [
        Question(step.feature, term, named_term(known, term), ((*terms, term),), (shares[term],))
        for term in asked
        if shares[term] > 0
    ]
