"""Notes about published cases, for what reading notes keeps of a ranking."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shared.compiled_terms import CompiledTerminology
from shared.errors import DataError
from shared.findings_in_notes.reading import NoteReader
from shared.ranking.answer import Ranking
from shared.ranking.case import CaseFindings
from simulations.made_up_notes.writing import in_words, mistyped

COLUMNS = ("case_id", "observed", "excluded", "disease_id")
TYPING_ERRORS = 0.1
Rank = Callable[[CaseFindings], Ranking]


@dataclass(frozen=True)
class PublishedCase:
    """One case of the flat table.

    Attributes
    ----------
    findings : CaseFindings
    disease : str
    """

    findings: CaseFindings
    disease: str


def published_cases(path: Path, count: int, seed: int) -> list[PublishedCase]:
    """Return some cases of a table, drawn at random.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise DataError(f"{path} cannot be read.", "Give the table of published cases.") from None
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise DataError(f"{path} lacks {', '.join(COLUMNS)}.")
    chosen = np.random.default_rng(seed).permutation(len(rows))[:count].tolist()
    return [
        PublishedCase(
            CaseFindings(
                tuple(rows[place]["observed"].split()), tuple(rows[place]["excluded"].split())
            ),
            rows[place]["disease_id"],
        )
        for place in chosen
    ]


def note_of(case: CaseFindings, terms: CompiledTerminology, generator: np.random.Generator) -> str:
    """Write an English note of a case, each finding by its label or a synonym."""
    said = []
    for kind, codes in (("present", case.observed), ("absent", case.excluded)):
        for code in codes:
            names = [terms.name(code), *terms.synonyms(code)]
            phrase = str(generator.choice(names)).replace(",", "").lower()
            if generator.random() < TYPING_ERRORS:
                phrase = mistyped(phrase, generator)
            said.append(in_words(kind, phrase, generator))
    return " ".join(said[place] for place in generator.permutation(len(said)).tolist())


def read_case(note: str, reader: NoteReader) -> CaseFindings:
    """Return what a note says, as if all that it says plainly was confirmed."""
    found = reader.read(note)
    present = dict.fromkeys(each.code for each in found if each.state == "present")
    absent = dict.fromkeys(each.code for each in found if each.state == "excluded")
    return CaseFindings(tuple(present), tuple(code for code in absent if code not in present))


def ranks_of(
    cases: list[PublishedCase],
    rank: Rank,
    terms: CompiledTerminology,
    reader: NoteReader,
    seed: int,
) -> Iterator[tuple[str, int | None]]:
    """Yield the way in which findings came and the place of the right disease, for each case.

    ``coded`` are those of the table, ``note`` those read from a note about them, and ``few``
    a third of the coded ones, as somebody without time would enter.
    """
    generator = np.random.default_rng(seed)
    for case in cases:
        observed = case.findings.observed
        few = tuple(generator.permutation(observed).tolist()[: max(1, len(observed) // 3)])
        note = note_of(case.findings, terms, generator)
        ways = {
            "coded": case.findings,
            "few coded": CaseFindings(few),
            "note": read_case(note, reader),
        }
        for way, findings in ways.items():
            codes = [each.code for each in rank(findings).diseases]
            yield way, codes.index(case.disease) + 1 if case.disease in codes else None
