"""What tells patients apart, and what identifies a person and is left out."""

from __future__ import annotations

from collections.abc import Sequence

from client.mapping_assistant.column_profile import Profile
from client.mapping_assistant.guess import LIKELY, Guess
from client.mapping_assistant.names import EXACT, name_score
from client.mapping_assistant.words import words
from client.sources.codes import normalise_name
from client.sources.identifying_names import what_it_identifies
from shared.contract import Contract

# Of two columns that could be the patient's number, one without a name or a telephone number.
RECORD_NUMBER = "a record number"
ALL_RECORDED = 0.99
ALMOST_EACH_ITS_OWN = 0.98
REPEATED = 0.999
# A number that comes back so seldom is no code.
FEWEST_ROWS_PER_PATIENT = 0.02
SOUNDS_LIKE_A_NUMBER = 0.9


def identifying(contract: Contract, column: str) -> str | None:
    """Return what a column of this name tells about who a patient is, or None."""
    if normalise_name(column) in {normalise_name(field) for field in contract.identifying_fields}:
        return what_it_identifies(column) or "what the contract forbids to load"
    return what_it_identifies(column)


def patient_score(column: Profile) -> float:
    """Return how likely a column tells patients apart.

    Its name must say so, every row must have it, and its values must hardly recur; a number that
    could be measured is none.
    """
    if column.holds_lists or column.is_dates or column.is_text:
        return 0.0
    if column.present < ALL_RECORDED * len(column.cells):
        return 0.0
    if any("." in code or "," in code for code in list(column.counts)[:100]):
        return 0.0
    named = name_score(column.name, words().columns.patient)
    if what_it_identifies(column.name) in {RECORD_NUMBER, "a national or insurance number"}:
        named = max(named, SOUNDS_LIKE_A_NUMBER)
    if column.distinct_share >= ALMOST_EACH_ITS_OWN:
        return named
    # Several rows of a patient: only the name's word is to be trusted.
    recurs = column.distinct_share > FEWEST_ROWS_PER_PATIENT
    return named if named >= SOUNDS_LIKE_A_NUMBER and recurs else 0.0


def guess_patient(columns: Sequence[Profile]) -> Guess:
    """Return which column tells patients apart, as keys of ``[rows]``."""
    scored = sorted(((patient_score(each), each) for each in columns), key=lambda pair: -pair[0])
    if not scored or scored[0][0] < LIKELY:
        return Guess(0.0)
    score, column = scored[0]
    keys = {"patient": column.name}
    seen = {"patient": "each row has its own" if column.distinct_share == EXACT else "values recur"}
    if column.distinct_share < REPEATED:
        keys["patient_rows"] = "several"
        seen["patient_rows"] = "some patients have more than one row"
    rest = [each.name for value, each in scored[1:] if value >= LIKELY]
    doubts = [f"it could also be {', '.join(map(repr, rest))}"] if rest else []
    return Guess(score * (LIKELY if rest and scored[1][0] == score else 1.0), keys, seen, doubts)
