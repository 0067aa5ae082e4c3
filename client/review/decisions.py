"""What a reader can decide about a record, or about all records that are alike."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from client.review.values import AnswerError, check_value, feature_of
from shared.contract import Contract
from shared.settings_file import StrictModel

# Why there is nothing, in a reader's words; each says what may become of it (see `allowed_after`).
Meaning = Literal["not_measured", "normal", "unknown", "lost"]
MEANINGS: tuple[Meaning, ...] = ("not_measured", "normal", "unknown", "lost")
Value = float | str | list[str] | None
MAXIMUM_COMMENT = 2000


class Keep(StrictModel):
    """The record is right as it is."""

    answer: Literal["keep"] = "keep"


class CorrectClass(StrictModel):
    """Another diagnosis is right."""

    answer: Literal["class"] = "class"
    code: str = Field(max_length=64)


class CorrectValue(StrictModel):
    """Another value is right; None where nothing is known."""

    answer: Literal["value"] = "value"
    feature: str = Field(max_length=64)
    value: Value = None


class Exclude(StrictModel):
    """Nobody may learn from the record."""

    answer: Literal["exclude"] = "exclude"


class NullMeans(StrictModel):
    """Why this record has no value, and what stands there from now on; None: it stays missing."""

    answer: Literal["null"] = "null"
    feature: str = Field(max_length=64)
    meaning: Meaning
    becomes: Value = None


class Rule(StrictModel):
    """The same decision for every record that matches.

    Attributes
    ----------
    when : {"empty", "value", "code"}
        Where the feature is missing; where it has `matches`, in the contract's terms; where the
        source's cell is the local code `matches`, which then reads as missing.
    """

    answer: Literal["rule"] = "rule"
    feature: str = Field(max_length=64)
    when: Literal["empty", "value", "code"]
    matches: Value = None
    meaning: Meaning
    becomes: Value = None

    @property
    def item(self) -> str:
        """The number of the question that it answers: what such a cell means."""
        asked = json.dumps([self.feature, self.when, self.matches])
        return hashlib.sha256(asked.encode()).hexdigest()


class Undo(StrictModel):
    """An earlier entry no longer counts."""

    answer: Literal["undo"] = "undo"
    entry: int = Field(ge=1)


# What can be answered to a question about a record, and to one about a feature.
RecordDecision = Keep | CorrectClass | CorrectValue | Exclude | NullMeans
Answer = RecordDecision | Rule
Decision = Annotated[Answer | Undo, Field(discriminator="answer")]
DECISION: TypeAdapter[Answer | Undo] = TypeAdapter(Decision)


def checked(contract: Contract, decision: Answer | Undo) -> Answer:
    """Return a decision with its values in the form of their features.

    Raises
    ------
    AnswerError
        When it names a class, feature or value that the contract does not have.
    """
    if isinstance(decision, CorrectClass):
        _refuse_unknown_class(contract, decision.code)
        return decision
    if isinstance(decision, CorrectValue):
        feature = feature_of(contract, decision.feature)
        return decision.model_copy(update={"value": check_value(feature, decision.value)})
    if isinstance(decision, NullMeans | Rule):
        return _checked_meaning(contract, decision)
    if isinstance(decision, Undo):
        raise TypeError("what undoes is checked where the entries are")
    return decision


def _refuse_unknown_class(contract: Contract, code: str) -> None:
    if code not in contract.classes:
        raise AnswerError(
            f"The contract has no class {code!r}.",
            f"Use one of: {', '.join(contract.classes)}.",
            "class",
        )


def _checked_meaning(contract: Contract, decision: NullMeans | Rule) -> NullMeans | Rule:
    feature = feature_of(contract, decision.feature)
    if decision.becomes is not None and decision.meaning != "normal":
        raise AnswerError(
            "Only what means normal becomes a value.",
            "Leave the value out: what is not known stays missing.",
            "becomes",
        )
    if decision.becomes is None and decision.meaning == "normal":
        raise AnswerError(
            f"What is normal for {feature.name} is not said.",
            "Give the value that stands there.",
            "normal",
            feature=feature.description,
        )
    changes: dict[str, Value] = {"becomes": check_value(feature, decision.becomes)}
    if isinstance(decision, Rule):
        if decision.becomes is not None and decision.when == "code":
            raise AnswerError(
                "A local code can be read as missing only.",
                "To give it a value, add it to the column's codes in the mapping.",
                "code_becomes",
            )
        changes["matches"] = _checked_match(decision, contract)
    return decision.model_copy(update=changes)


def _checked_match(rule: Rule, contract: Contract) -> Value:
    if (rule.when == "empty") != (rule.matches is None):
        raise AnswerError(
            "A rule matches what is empty, or one value.", "Say which, and not both.", "matches"
        )
    if rule.when == "code":
        return str(rule.matches).strip()
    return check_value(feature_of(contract, rule.feature), rule.matches)
