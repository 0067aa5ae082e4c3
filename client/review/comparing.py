"""A record beside the cases most like it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from client.review.desk import Desk
from client.review.questions import Question
from client.review.values import Value, as_value
from shared.contract import CategoricalFeature, Feature, FlagFeature, TermsFeature
from shared.ontology import terminology


@dataclass(frozen=True)
class ValueWords:
    """How values are said in a reader's language.

    Attributes
    ----------
    yes, no : str
    units : mapping of str to str
        UCUM unit to what people write; others are written as they are.
    decimal : str
        The decimal sign.
    """

    yes: str = "yes"
    no: str = "no"
    units: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."


ENGLISH = ValueWords()


@dataclass(frozen=True)
class Case:
    """A record as a person reads it.

    Attributes
    ----------
    source_row : int
        As a spreadsheet shows it.
    label : str
        The name of its class.
    texts : dict of str to str
        Feature to value in words; what is missing is absent.
    distance : float or None
        From the record that is asked about; None for that record itself.
    same_person : bool
        Whether it is another record of the same patient.
    """

    source_row: int
    label: str
    texts: dict[str, str]
    distance: float | None = None
    same_person: bool = False


def comparison(desk: Desk, question: Question, words: ValueWords = ENGLISH) -> list[Case]:
    """Return the record of a question, then the most similar ones; nothing where it has none."""
    if question.row is None:
        return []
    similar = desk.similar_cases(question.row)
    return [
        _case(desk, question.row, None, same_person=False, words=words),
        *(_case(desk, each.row, each.distance, each.same_person, words) for each in similar),
    ]


def _case(
    desk: Desk, row: int, distance: float | None, same_person: bool, words: ValueWords
) -> Case:
    records = desk.loaded.records
    texts = {
        name: value_words(feature, as_value(records.table[name].iloc[row]), words)
        for name, feature in desk.contract.recorded.items()
        if as_value(records.table[name].iloc[row]) is not None
    }
    label = desk.contract.classes[str(records.labels[row])].name
    return Case(int(desk.loaded.rows[row]), label, texts, distance, same_person)


def value_words(feature: Feature, value: Value, words: ValueWords = ENGLISH) -> str:
    """Return a value as a person reads it: with its unit, or the name of its code."""
    if value is None:
        return ""
    if isinstance(feature, FlagFeature):
        return words.yes if value else words.no
    if isinstance(feature, CategoricalFeature):
        return next((each.name for each in feature.codes if each.code == value), str(value))
    if isinstance(feature, TermsFeature) and isinstance(value, list):
        return ", ".join(_named(feature.code_system, each) for each in value)
    if isinstance(value, float):
        unit = getattr(feature, "unit", "1")
        number = f"{value:.6g}".replace(".", words.decimal)
        return number if unit == "1" else f"{number} {words.units.get(unit, unit)}"
    return str(value)


def _named(code_system: str, code: str) -> str:
    """Return a code with its name, where the terminology has one."""
    known = terminology(code_system)
    name = known.name(code) if known.is_known(code) else code
    return code if name == code else f"{name} ({code})"
