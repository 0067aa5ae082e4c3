"""A record beside the cases most like it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client.review.desk import Desk
from client.review.questions import Question
from client.review.values import Value, as_value
from shared.contract import CategoricalFeature, Feature, FlagFeature

# How yes and no are said; what a person reads is in their own language.
YES_NO = {1.0: "yes", 0.0: "no"}


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


def comparison(
    desk: Desk, question: Question, yes_no: Mapping[float, str] | None = None
) -> list[Case]:
    """Return the record of a question, then the most similar ones; nothing where it has none."""
    if question.row is None:
        return []
    words = yes_no or YES_NO
    similar = desk.similar_cases(question.row)
    return [
        _case(desk, question.row, None, same_person=False, yes_no=words),
        *(_case(desk, each.row, each.distance, each.same_person, words) for each in similar),
    ]


def _case(
    desk: Desk, row: int, distance: float | None, same_person: bool, yes_no: Mapping[float, str]
) -> Case:
    records = desk.loaded.records
    texts = {
        name: value_words(feature, as_value(records.table[name].iloc[row]), yes_no)
        for name, feature in desk.contract.recorded.items()
        if as_value(records.table[name].iloc[row]) is not None
    }
    label = desk.contract.classes[str(records.labels[row])].name
    return Case(int(desk.loaded.rows[row]), label, texts, distance, same_person)


def value_words(feature: Feature, value: Value, yes_no: Mapping[float, str] | None = None) -> str:
    """Return a value as a person reads it: with its unit, or the name of its code."""
    if value is None:
        return ""
    if isinstance(feature, FlagFeature):
        return (yes_no or YES_NO)[float(str(value))]
    if isinstance(feature, CategoricalFeature):
        return next((each.name for each in feature.codes if each.code == value), str(value))
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, float):
        unit = getattr(feature, "unit", "1")
        return f"{value:.6g}" if unit == "1" else f"{value:.6g} {unit}"
    return value
