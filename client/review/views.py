"""What the review's pages show, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from client.review.comparing import Case, ValueWords, comparison, value_words
from client.review.consensus import Reading
from client.review.decisions import (
    Answer,
    CorrectClass,
    CorrectValue,
    Exclude,
    Keep,
    NullMeans,
    Rule,
)
from client.review.desk import Desk
from client.review.items import Item
from client.review.questions import Question
from client.review.values import as_value
from shared.contract import Contract
from shared.web.words import Words

MOST_CLASSES = 6
# UCUM units that nobody writes so, and the message that says them.
UNITS = {"a": "review.unit.years", "mo": "review.unit.months", "mm[Hg]": "review.unit.mmhg"}
# State of a question, its meaning among the four that pages have, and its shape.
SHAPES = {
    "open": ("unknown", "○"),
    "second": ("unknown", "◐"),
    "disagreement": ("attention", "▲"),
    "decided": ("ok", "✓"),
    "stale": ("attention", "↻"),
    "overruled": ("unknown", "✕"),
}


@dataclass(frozen=True)
class Likelihood:
    """What the model says of one class."""

    name: str
    share: float
    is_recorded: bool


@dataclass(frozen=True)
class ClassShare:
    """How many records of a class lack a feature."""

    name: str
    empty: int
    rows: int


class Wording:
    """Says questions, reasons and decisions in one language.

    Parameters
    ----------
    contract : Contract
    words : Words
    """

    def __init__(self, contract: Contract, words: Words) -> None:
        self.contract = contract
        self.words = words
        self.values = ValueWords(
            words("review.value.yes"),
            words("review.value.no"),
            {unit: words(key) for unit, key in UNITS.items()},
            words("number.decimal"),
        )

    def unit(self, unit: str) -> str:
        """Return a unit as people write it."""
        return self.values.units.get(unit, unit)

    def class_name(self, code: str) -> str:
        """Return a class by its name; its code where the contract has lost it."""
        found = self.contract.classes.get(code)
        return found.name if found else code

    def feature_name(self, name: str) -> str:
        """Return what the contract calls a feature."""
        found = self.contract.recorded.get(name)
        return found.description if found else name

    def question(self, item: Item) -> str:
        """Return what is asked, as a sentence."""
        concern = item.concern
        asked = concern.asks.get(self.words.language)
        feature = self.feature_name(concern.feature)
        if asked and concern.question == "record":
            return f"{feature}: {asked}" if concern.feature else asked
        label = self.class_name(item.label)
        key = f"review.question.{concern.question}"
        return self.words(key, label=label, feature=feature, matches=concern.matches)

    def reason(self, item: Item) -> str:
        """Return why it is asked."""
        concern = item.concern
        if concern.question != "diagnosis" or not concern.facts:
            return concern.because.get(self.words.language, "")
        facts = {name: self.words.percent(value) for name, value in concern.facts.items()}
        suggested = self.class_name(concern.suggested)
        return self.words("review.reason.diagnosis", suggested=suggested, **facts)

    def decision(self, decision: Answer) -> str:
        """Return what was decided, in a few words."""
        say = self.words
        if isinstance(decision, Keep):
            return say("review.decision.keep")
        if isinstance(decision, Exclude):
            return say("review.decision.exclude")
        if isinstance(decision, CorrectClass):
            return say("review.decision.class", label=self.class_name(decision.code))
        feature = self.feature_name(decision.feature)
        if isinstance(decision, CorrectValue):
            return say(
                "review.decision.value",
                feature=feature,
                value=self._value(decision.feature, decision.value),
            )
        meaning = say(f"review.meaning.{decision.meaning}.short")
        becomes = say("review.value.stays")
        if decision.becomes is not None:
            value = self._value(decision.feature, decision.becomes)
            becomes = say("review.value.becomes", value=value)
        if isinstance(decision, NullMeans):
            return say("review.decision.null", feature=feature, meaning=meaning, becomes=becomes)
        return say(
            f"review.decision.rule_{decision.when}",
            feature=feature,
            matches=self._match(decision),
            meaning=meaning,
            becomes=becomes,
        )

    def _match(self, rule: Rule) -> str:
        return str(rule.matches) if rule.when == "code" else self._value(rule.feature, rule.matches)

    def _value(self, name: str, value: object) -> str:
        feature = self.contract.recorded.get(name)
        if value is None or feature is None:
            return self.words("review.value.missing")
        return value_words(feature, value, self.values)  # type: ignore[arg-type]

    def cases(self, desk: Desk, question: Question) -> list[Case]:
        """Return the record and those most like it."""
        return comparison(desk, question, self.values)

    def likelihoods(self, item: Item) -> list[Likelihood]:
        """Return what the model says, the likeliest first, the recorded class always among them."""
        said = item.concern.probabilities
        if not said:
            return []
        recorded = self._leaves(item.label) & set(said)
        ordered = sorted(said, key=lambda code: -said[code])
        shown = ordered[:MOST_CLASSES]
        shown += [code for code in ordered[MOST_CLASSES:] if code in recorded]
        return [Likelihood(self.class_name(code), said[code], code in recorded) for code in shown]

    def _leaves(self, label: str) -> set[str]:
        lines = {leaf: [leaf, *self.contract.ancestors(leaf)] for leaf in self.contract.leaves}
        return {leaf for leaf, line in lines.items() if label in line}

    def readings(self, readings: tuple[Reading, ...]) -> list[tuple[str, str]]:
        """Return who answered what."""
        return [(each.reader, self.decision(each.decision)) for each in readings]


def missing_by_class(desk: Desk, feature: str) -> list[ClassShare]:
    """Return how many records of each class lack a feature: what is empty for a reason differs."""
    records = desk.loaded.records
    empty = np.array([as_value(cell) is None for cell in records.table[feature]])
    found = []
    for code, target in desk.contract.classes.items():
        of_class = records.labels == code
        if of_class.any():
            found.append(ClassShare(target.name, int(empty[of_class].sum()), int(of_class.sum())))
    return found
