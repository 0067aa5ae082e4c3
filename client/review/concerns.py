"""From what the checks of the data find to what a person is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from client.data_quality.checks.registry import find_all
from client.data_quality.finding import Finding, Kind, Severity
from client.data_quality.hospital_rows import HospitalRows, Numbers
from client.data_quality.out_of_fold import local_probabilities
from client.data_quality.texts import catalogue, text_of
from client.review.items import Concern
from client.sources.loading import LoadedRecords
from shared.errors import DataError
from shared.pages.words import LANGUAGES, Words

HARM: dict[Severity, float] = {"act_now": 1.0, "attention": 0.6, "note": 0.2}
# Where a check does not say how sure it is of a row.
UNSURE = 0.5
# A question about so many rows is one about their export, and no clinician's.
MOST_ROWS = 200
# What an empty cell means is asked once for the feature, whichever check wondered.
OF_EMPTY_CELLS: tuple[Kind, ...] = (
    "empty_means_other",
    "missing_by_class",
    "missing_by_era",
    "missing_by_clinic",
    "missing_block",
)
OF_CODES: tuple[Kind, ...] = ("null_word", "sentinel", "zero_as_missing")
# Nothing that a clinician decides about a record.
OF_THE_SOURCE: tuple[Kind, ...] = ("empty_column", "stale_source", "coding_changed")


def find_concerns(rows: HospitalRows, loaded: LoadedRecords) -> list[Concern]:
    """Return everything that a person should look at.

    Rows that are set aside are no records, and are corrected at the source: the report of the
    checks names them.

    Parameters
    ----------
    rows : HospitalRows
        Every row of the source, right or wrong.
    loaded : LoadedRecords
        The same source's records.
    """
    said = _said(rows)
    position = {int(row): place for place, row in enumerate(loaded.rows)}
    findings = find_all(replace(rows, probabilities=said))
    return [each for found in findings for each in _concerns(found, rows, said, position)]


def _said(rows: HospitalRows) -> Numbers | None:
    """Return what models say that learned from other patients; None where there are too few."""
    settings = rows.settings
    try:
        found = local_probabilities(
            rows.contract, rows.records(), folds=settings.folds, seed=settings.seed
        )
    except DataError:
        return None
    said = np.full((len(rows), len(rows.contract.leaves)), np.nan)
    said[rows.good] = found
    return said


def _concerns(
    found: Finding, rows: HospitalRows, said: Numbers | None, position: dict[int, int]
) -> Iterator[Concern]:
    if found.kind in OF_THE_SOURCE:
        return
    if found.kind in OF_EMPTY_CELLS:
        yield _of_cells(found, None, found.share)
    elif found.kind in OF_CODES:
        for code, share in _codes(found, rows):
            yield _of_cells(found, code, share)
    else:
        yield from _of_records(found, rows, said, position)


def _of_cells(found: Finding, code: str | None, share: float) -> Concern:
    text = text_of(found)
    return Concern(
        question="empty" if code is None else "code",
        kind=found.kind,
        feature=found.feature,
        matches=code,
        severity=HARM[found.severity],
        # The more cells, the more is learned wrongly.
        suspicion=max(share, 0.05),
        because=_in_each(text.what, text.why),
    )


def _codes(found: Finding, rows: HospitalRows) -> Iterable[tuple[str, float]]:
    """Return each local code that a finding is about, and its share of the rows."""
    inside = np.isin(rows.rows, found.rows)
    codes = rows.local_codes(found.feature)[inside]
    unique, counts = np.unique(codes[codes != None].astype(str), return_counts=True)  # noqa: E711
    shares = counts / len(rows)
    return list(zip(unique.tolist(), shares.tolist(), strict=True))


def _of_records(
    found: Finding, rows: HospitalRows, said: Numbers | None, position: dict[int, int]
) -> Iterator[Concern]:
    text = text_of(found)
    places = {int(row): place for place, row in enumerate(rows.rows)}
    for number, row in enumerate(found.rows[:MOST_ROWS]):
        if row not in position:
            continue
        because = [text.what, text.why]
        if found.others:
            because.append(_pair(found.others[number]))
        told = None if said is None else said[places[row]]
        concern = Concern(
            question="diagnosis" if found.kind == "suspicious_diagnosis" else "record",
            # One record can break several rules.
            kind=f"{found.kind} {found.details.get('rule', '')}".strip(),
            feature=found.feature,
            row=position[row],
            severity=HARM[found.severity],
            suspicion=found.scores[number] if found.scores else UNSURE,
            asks=_in_each(text.question),
            because=_in_each(*because),
        )
        label = str(rows.labels[places[row]])
        yield concern if told is None else _with_model(concern, rows, told, label)


def _pair(row: int) -> Words:
    with_row = catalogue()("page.pairs", others=row)
    return Words(*(f"({with_row.of(each)})" for each in LANGUAGES))


def _with_model(concern: Concern, rows: HospitalRows, told: Numbers, label: str) -> Concern:
    """Add what the model says of the record."""
    if not np.isfinite(told).all():
        return concern
    contract = rows.contract
    inside = contract.membership([label])[0]
    others = np.where(inside, 0.0, told)
    best = int(others.argmax())
    return concern.model_copy(
        update={
            "probabilities": dict(zip(contract.leaves, map(float, told), strict=True)),
            "suggested": contract.leaves[best],
            "facts": {"given": float(told[inside].sum()), "other": float(others[best])},
        }
    )


def _in_each(*parts: Words) -> dict[str, str]:
    """Return texts one after the other, in each language."""
    return {each: " ".join(part.of(each) for part in parts) for each in LANGUAGES}
