"""From what the checks of the data find to what a person is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from client.data_quality.asking_models import Asked
from client.data_quality.checks import find_all
from client.data_quality.finding import Finding, Kind, Severity
from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.texts import catalogue, text_of
from client.review.items import Concern
from client.sources.loading import LoadedRecords
from shared.pages.words import LANGUAGES, Words

HARM: dict[Severity, float] = {"act_now": 1.0, "attention": 0.6, "note": 0.2}
# Where a check does not say how sure it is of a row.
UNSURE = 0.5
# A question about so many rows is one about their export, and no clinician's.
MOST_ROWS = 200
DOUBTED = 0.5
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


def find_concerns(asked: Asked, loaded: LoadedRecords) -> list[Concern]:
    """Return everything that a person should look at.

    Rows that are set aside are no records, and are corrected at the source: the report of the
    checks names them.

    Parameters
    ----------
    asked : Asked
        Every row of the source, right or wrong, with what models say of it.
    loaded : LoadedRecords
        The same source's records.
    """
    position = {int(row): place for place, row in enumerate(loaded.rows)}
    findings = find_all(asked.rows)
    found = [each for one in findings for each in _concerns(one, asked, position)]
    return [*found, *_doubted(asked, position)]


def _doubted(asked: Asked, position: dict[int, int]) -> Iterator[Concern]:
    """Yield diagnoses whose coarsest class models find less likely than not, if only a little.

    The checks name those that are probably wrong; these come after them in the queue.
    """
    rows, told = asked.rows, asked.rows.probabilities
    if told is None:
        return
    for place in np.flatnonzero(np.isfinite(told).all(axis=1) & rows.good):
        label = str(rows.labels[place])
        inside = rows.contract.membership([rows.contract.group_of(label)])[0]
        doubt = 1 - float(told[place][inside].sum())
        row = int(rows.rows[place])
        if doubt > DOUBTED and row in position:
            yield _with_model(
                Concern(
                    question="diagnosis",
                    kind="suspicious_diagnosis",
                    row=position[row],
                    severity=HARM["note"],
                    suspicion=min(doubt, 1.0),
                ),
                asked,
                int(place),
            )


def _concerns(found: Finding, asked: Asked, position: dict[int, int]) -> Iterator[Concern]:
    if found.kind in OF_THE_SOURCE:
        return
    if found.kind in OF_EMPTY_CELLS:
        yield _of_cells(found, None, found.share)
    elif found.kind in OF_CODES:
        for code, share in _codes(found, asked.rows):
            yield _of_cells(found, code, share)
    else:
        yield from _of_records(found, asked, position)


def _of_cells(found: Finding, code: str | None, share: float) -> Concern:
    text = text_of(found)
    return Concern(
        question="empty" if code is None else "code",
        kind=found.kind,
        feature=found.feature,
        matches=code,
        severity=HARM[found.severity],
        # One answer settles many cells, so that it comes among the likely ones.
        suspicion=min(UNSURE + share, 1.0),
        because=_in_each(text.what, text.why),
    )


def _codes(found: Finding, rows: HospitalRows) -> Iterable[tuple[str, float]]:
    """Return each local code that a finding is about, and its share of the rows."""
    inside = np.isin(rows.rows, found.rows)
    codes = rows.local_codes(found.feature)[inside]
    unique, counts = np.unique(codes[codes != None].astype(str), return_counts=True)  # noqa: E711
    shares = counts / len(rows)
    return list(zip(unique.tolist(), shares.tolist(), strict=True))


def _of_records(found: Finding, asked: Asked, position: dict[int, int]) -> Iterator[Concern]:
    text = text_of(found)
    places = {int(row): place for place, row in enumerate(asked.rows.rows)}
    for number, row in enumerate(found.rows[:MOST_ROWS]):
        if row not in position:
            continue
        because = [text.what, text.why]
        if found.others:
            because.append(_pair(found.others[number]))
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
        yield _with_model(concern, asked, places[row])


def _pair(row: int) -> Words:
    with_row = catalogue()("page.pairs", others=row)
    return Words(*(f"({with_row.of(each)})" for each in LANGUAGES))


def _with_model(concern: Concern, asked: Asked, place: int) -> Concern:
    """Add what models say of the row at a place, if they say anything."""
    contract, told = asked.rows.contract, asked.rows.probabilities
    if told is None or not np.isfinite(told[place]).all():
        return concern
    inside = contract.membership([str(asked.rows.labels[place])])[0]
    others = np.where(inside, 0.0, told[place])
    best = int(others.argmax())
    return concern.model_copy(
        update={
            "models": asked.models,
            "probabilities": dict(zip(contract.leaves, map(float, told[place]), strict=True)),
            "suggested": contract.leaves[best],
            "facts": {"given": float(told[place][inside].sum()), "other": float(others[best])},
        }
    )


def _in_each(*parts: Words) -> dict[str, str]:
    """Return texts one after the other, in each language."""
    return {each: " ".join(part.of(each) for part in parts) for each in LANGUAGES}
