"""From what a form or a command line says to a decision."""

from __future__ import annotations

from typing import cast

from client.review.decisions import (
    MEANINGS,
    Answer,
    CorrectClass,
    CorrectValue,
    Exclude,
    Keep,
    Meaning,
    NullMeans,
    Rule,
    checked,
)
from client.review.questions import Question
from client.review.values import AnswerError
from shared.contract import Contract


def decision_of(
    contract: Contract,
    question: Question,
    kind: str,
    *,
    code: str = "",
    feature: str = "",
    value: str = "",
    meaning: str = "",
    becomes: str = "",
) -> Answer:
    """Return the decision that a reader filled in.

    Parameters
    ----------
    kind : str
        ``keep``, ``class``, ``value``, ``exclude`` or ``null``.
    feature : str
        Where the question is about no feature, the one that is corrected.
    value, becomes : str
        Empty for missing.

    Raises
    ------
    AnswerError
        When the contract has no such class, feature or value, or the kind is none.
    """
    about = question.item.concern.feature or feature
    if kind == "keep":
        return Keep()
    if kind == "exclude":
        return Exclude()
    if kind == "class":
        return checked(contract, CorrectClass(code=code[:64]))
    if kind == "value":
        return checked(contract, CorrectValue(feature=about[:64], value=value.strip() or None))
    if kind == "null" and question.item.is_of_feature:
        matches = question.item.concern.matches
        when = "empty" if matches is None else "code"
        return rule_of(contract, about, when, matches or "", meaning, becomes)
    if kind == "null":
        return checked(
            contract,
            NullMeans(
                feature=about[:64], meaning=_meaning(meaning), becomes=becomes.strip() or None
            ),
        )
    raise AnswerError("No answer is chosen.", "Choose one of those shown.", "nothing")


def rule_of(
    contract: Contract, feature: str, when: str, matches: str, meaning: str, becomes: str
) -> Rule:
    """Return the rule that a reader filled in.

    Raises
    ------
    AnswerError
        When the contract has no such feature or value, or a word is none of those to choose from.
    """
    if when != "empty" and when != "value" and when != "code":
        raise AnswerError(
            "It is not said where the rule applies.", "Choose one of those shown.", "where"
        )
    made = Rule(
        feature=feature[:64],
        when=when,
        matches=matches.strip() or None,
        meaning=_meaning(meaning),
        becomes=becomes.strip() or None,
    )
    return cast("Rule", checked(contract, made))


def _meaning(text: str) -> Meaning:
    if text not in MEANINGS:
        raise AnswerError(
            "It is not said what it means.", f"One of: {', '.join(MEANINGS)}.", "meaning"
        )
    return text
