"""From a sample of a hospital's data to a proposed mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from client.mapping_assistant.column_profile import Profile, profiles_of
from client.mapping_assistant.dates import date_format_of
from client.mapping_assistant.guess import Guess
from client.mapping_assistant.label_guess import guess_label, label_name_score
from client.mapping_assistant.matching import Match, combined, feature_score, match
from client.mapping_assistant.proposal import LABEL, Proposal, ProposedColumn
from client.mapping_assistant.row_guess import guess_patient, identifying
from client.mapping_assistant.sample import Sample
from client.mapping_assistant.unit_columns import with_unit_column
from client.mapping_assistant.value_guess import guess_values
from shared.contract import Contract, Feature, NumericFeature

# Local codes of fewer rows are not shown; as in a policy without a line of its own.
SMALLEST_CELL = 5
# A column whose words are the contract's classes is the diagnosis under any name.
CLASSES_ALONE = 0.75
FEWEST_CLASSES = 3


def propose(contract: Contract, sample: Sample, smallest_cell: int = SMALLEST_CELL) -> Proposal:
    """Return the mapping that a look at the first rows suggests.

    Parameters
    ----------
    contract : Contract
    sample : Sample
    smallest_cell : int
        Local codes of fewer rows are not shown.
    """
    profiles = profiles_of(sample.cells, sample.decimal)
    patient = guess_patient(profiles)
    left_out = {
        each.name: found
        for each in profiles
        if each.name != patient.keys.get("patient")
        and (found := identifying(contract, each.name)) is not None
    }
    kept = [each for each in profiles if each.name not in {*left_out, patient.keys.get("patient")}]
    matches = match(kept, _wanted(contract, kept, smallest_cell))
    columns = [
        _proposed(feature.name, matches[feature.name])
        for feature in contract.feature
        if feature.name in matches
    ]
    label = _proposed(LABEL, matches[LABEL]) if LABEL in matches else None
    used = {each.column for each in [*columns, *([label] if label else [])]}
    used |= {str(each.guess.keys.get("unit_column")) for each in columns}
    columns = [_without_others(each, used) for each in columns]
    label = None if label is None else _without_others(label, used)
    mapped = [each for each in kept if each.name in used]
    source = dict(sample.source)
    if sample.narrowed is not None:
        names = [str(patient.keys["patient"])] if patient.keys else []
        source["query"] = sample.narrowed([*names, *(each.name for each in mapped)])
    return Proposal(
        contract=contract,
        source=source,
        source_seen=sample.seen,
        rows_seen=len(sample.cells),
        whole=sample.whole,
        smallest_cell=smallest_cell,
        missing=_missing(mapped, [*columns, *([label] if label else [])]),
        patient=patient,
        label=label,
        columns=columns,
        left_out=left_out,
        unused=[each.name for each in kept if each.name not in used],
        dates={each.name: date_format_of(each) for each in profiles if each.is_dates},
    )


Judge = Callable[[Profile], tuple[float, Guess]]


def _wanted(
    contract: Contract, columns: Sequence[Profile], smallest_cell: int
) -> list[tuple[str, Judge]]:
    """Return what a mapping names, and how each column is judged for it."""
    label: tuple[str, Judge] = (
        LABEL,
        partial(_judge_label, contract=contract, smallest_cell=smallest_cell),
    )
    features: list[tuple[str, Judge]] = [
        (each.name, partial(_judge, feature=each, columns=columns, smallest_cell=smallest_cell))
        for each in contract.feature
    ]
    return [label, *features]


def _judge(
    column: Profile, feature: Feature, columns: Sequence[Profile], smallest_cell: int
) -> tuple[float, Guess]:
    guess = guess_values(column, feature, smallest_cell)
    if isinstance(feature, NumericFeature):
        guess = with_unit_column(guess, column, columns, feature)
    return feature_score(column, feature, guess), guess


def _judge_label(column: Profile, contract: Contract, smallest_cell: int) -> tuple[float, Guess]:
    guess = guess_label(column, contract, smallest_cell)
    if not guess.confidence:
        return 0.0, guess
    words = {code for code in guess.keys.get("codes", {}) if len(code) > 1}
    alone = CLASSES_ALONE * guess.confidence if len(words) >= FEWEST_CLASSES else 0.0
    return combined(label_name_score(column.name, contract), guess.confidence, alone), guess


def _proposed(name: str, found: Match) -> ProposedColumn:
    return ProposedColumn(name, found.column.name, found.confidence, found.guess, found.others)


def _without_others(found: ProposedColumn, used: set[str]) -> ProposedColumn:
    """Return a column without the alternatives that hold something else, a unit for example."""
    return replace(found, others=[name for name in found.others if name not in used])


def _missing(columns: Sequence[Profile], proposed: Sequence[ProposedColumn]) -> list[str]:
    """Return the texts that mean "not recorded", without those that are a code somewhere."""
    found = {text for column in columns for text in column.missing_words}
    meant = {
        str(code)
        for each in proposed
        for key in ("codes", "true", "false")
        for code in each.guess.keys.get(key, [])
    }
    return ["", *sorted(found - meant)]
