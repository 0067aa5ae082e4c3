"""Which column holds which feature: each column one, each feature one, the best of all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from client.mapping_assistant.column_profile import Profile
from client.mapping_assistant.guess import Guess
from client.mapping_assistant.names import name_score
from shared.analytes import analytes, same_amount
from shared.contract import (
    CategoricalFeature,
    Feature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)

# A column below is no candidate at all.
WORTH_A_LOOK = 0.35
# Of a match, how much is the name's and how much the values'.
NAME_SHARE = 0.75
ANALYTE_NAME = 0.95
DESCRIPTION = 0.8
# What values alone can say, under whatever name they stand.
TERMS_ALONE, WORDS_ALONE, TEXT_ALONE = 0.9, 0.65, 0.62
ALMOST_EQUAL = 0.05
TWO_CANDIDATES = 0.8


@dataclass(frozen=True)
class Match:
    """A column for something that a mapping names.

    Attributes
    ----------
    column : Profile
    confidence : float
        That it is this column.
    guess : Guess
        What the mapping would say of it.
    others : list of str
        Columns that could be meant instead, the likeliest first.
    """

    column: Profile
    confidence: float
    guess: Guess
    others: list[str] = field(default_factory=list)


# What may hold something: its name, how much a column matches it and what would be said of it.
Wanted = tuple[str, Callable[[Profile], tuple[float, Guess]]]


def names_of(feature: Feature) -> list[tuple[str, float]]:
    """Return the names of a feature, each with how much it counts."""
    found = [(feature.name, 1.0), *((name, 1.0) for name in feature.synonyms)]
    if isinstance(feature, NumericFeature):
        for name, analyte in analytes().items():
            known = feature.analyte or feature.name
            if known in analytes() and same_amount(name, known):
                names = [name, analyte.name, *analyte.synonyms]
                found += [(each, ANALYTE_NAME) for each in names]
    return [*found, (feature.description, DESCRIPTION)]


def feature_score(column: Profile, feature: Feature, guess: Guess) -> float:
    """Return from 0 to 1 how well a column matches a feature, by its name and its values."""
    if not guess.confidence:
        return 0.0
    named = max(weight * name_score(column.name, [name]) for name, weight in names_of(feature))
    return combined(named, guess.confidence, _alone(feature, guess))


def combined(named: float, values: float, alone: float) -> float:
    """Return the score of a match by its name and values.

    Parameters
    ----------
    alone : float
        What the values say by themselves.
    """
    together = named * (NAME_SHARE + (1 - NAME_SHARE) * values)
    # Two poor reasons are better than the better of them.
    return max(together, alone + (1 - alone) * named * 0.5 if alone else 0.0)


def _alone(feature: Feature, guess: Guess) -> float:
    if isinstance(feature, TermsFeature):
        return TERMS_ALONE * guess.confidence
    if isinstance(feature, TextFeature):
        return TEXT_ALONE
    if isinstance(feature, CategoricalFeature):
        words = [code for code in guess.keys.get("codes", {}) if not code.isdigit()]
        return WORDS_ALONE if len(words) > 1 and guess.confidence >= WORDS_ALONE else 0.0
    return 0.0


def match(columns: Sequence[Profile], wanted: Sequence[Wanted]) -> dict[str, Match]:
    """Return the column of each thing that has one.

    The assignment whose scores sum up to the most (Kuhn and Munkres, by SciPy); what is below
    `WORTH_A_LOOK` stays without.
    """
    from scipy.optimize import linear_sum_assignment

    if not columns or not wanted:
        return {}
    judged = [[judge(column) for column in columns] for _, judge in wanted]
    scores = np.array([[score for score, _ in row] for row in judged])
    # What is not worth a look must not push another match aside.
    useful = np.where(scores >= WORTH_A_LOOK, scores, 0.0)
    rows, places = linear_sum_assignment(useful, maximize=True)
    taken = {int(place) for row, place in zip(rows, places, strict=True) if useful[row, place]}
    pairs = [(int(row), int(place)) for row, place in zip(rows, places, strict=True)]
    return {
        wanted[row][0]: _match(columns, judged[row], place, taken)
        for row, place in pairs
        if useful[row, place]
    }


def _match(
    columns: Sequence[Profile], judged: Sequence[tuple[float, Guess]], place: int, taken: set[int]
) -> Match:
    score, guess = judged[place]
    rest = [
        (other, columns[index].name)
        for index, (other, _) in enumerate(judged)
        if index != place and index not in taken and other >= WORTH_A_LOOK
    ]
    rest.sort(key=lambda pair: -pair[0])
    doubtful = bool(rest) and rest[0][0] >= score - ALMOST_EQUAL
    confidence = score * (TWO_CANDIDATES if doubtful else 1.0)
    return Match(columns[place], confidence, guess, [name for _, name in rest])
