"""Notes that contradict the coded diagnosis, in English and Spanish.

A class is mentioned where its name, or a synonym that the contract gives, stands in the note. What
stands around it says whether it is said of the patient, denied, doubted, or of a relative, by
lists of phrases and the sentence they stand in (after Chapman et al. 2001, A simple algorithm for
identifying negated findings and diseases in discharge summaries).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal

import numpy as np

from client.data_quality.finding import Finding
from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.vocabulary import plain, vocabulary
from shared.contract import Contract, TextFeature

Said = Literal["affirmed", "denied", "other"]
SENTENCE = re.compile(r"[.;!\n]+")
WORDS_AWAY = 6
SHORTEST_NAME = 4


def contradicting_notes(rows: HospitalRows) -> Iterable[Finding]:
    """Find notes that deny the record's diagnosis, or state another and never its own."""
    names = class_names(rows.contract)
    for feature, _ in rows.mapped():
        if not isinstance(feature, TextFeature) or not names:
            continue
        denied = np.zeros(len(rows), dtype=np.bool_)
        other = np.zeros(len(rows), dtype=np.bool_)
        written = 0
        for row, (note, label) in enumerate(
            zip(rows.table[feature.name], rows.labels, strict=True)
        ):
            if isinstance(note, str) and label is not None:
                written += 1
                denied[row], other[row] = contradictions(rows.contract, names, note, str(label))
        if denied.any():
            yield rows.finding("note_denies_diagnosis", "act_now", denied, feature.name, written)
        if other.any():
            yield rows.finding("note_names_other", "act_now", other, feature.name, written)


def class_names(contract: Contract) -> dict[str, list[str]]:
    """Return what each class may be called in a note; classes that mean "nothing" have no name."""
    found = {}
    for code, target in contract.classes.items():
        names = [plain(name) for name in (target.name, *target.synonyms)]
        kept = [name for name in names if _is_telling(name)]
        if kept:
            found[code] = kept
    # A name that two classes share tells neither.
    shared = [name for names in found.values() for name in set(names)]
    return {
        code: sorted({name for name in names if shared.count(name) == 1}, key=len, reverse=True)
        for code, names in found.items()
    }


def _is_telling(name: str) -> bool:
    """Say whether a name stands for a disease, and not for its absence or for anything."""
    words = vocabulary().notes
    parts = re.findall(r"\w+", name)
    if len(name) < SHORTEST_NAME or (parts and parts[0] in ("no", "sin", "not", "without")):
        return False
    return bool(set(parts) - set(words.empty) - {"none", "healthy", "normal", "sano", "ninguno"})


def contradictions(
    contract: Contract, names: dict[str, list[str]], note: str, label: str
) -> tuple[bool, bool]:
    """Return whether a note denies its record's class, and whether it states another only."""
    said = {code: set(mentions(plain_lines(note), names[code])) for code in names}
    family = {label, *contract.ancestors(label)}
    family |= {code for code in contract.classes if label in contract.ancestors(code)}
    own = set().union(*(said.get(code, set()) for code in family))
    denied = "denied" in own and "affirmed" not in own
    others = [code for code in said if code not in family and "affirmed" in said[code]]
    return denied, bool(others) and not own & {"affirmed", "denied"}


def plain_lines(note: str) -> str:
    """Return a note in one spelling, its lines kept apart."""
    return "\n".join(plain(line) for line in note.splitlines())


def mentions(note: str, names: list[str]) -> Iterator[Said]:
    """Yield how each mention of any of some names is meant."""
    if not names or not any(name in note for name in names):
        return
    pattern = _pattern(tuple(names))
    for sentence in SENTENCE.split(note):
        for match in pattern.finditer(sentence):
            yield _said(sentence[: match.start()], sentence[match.end() :])


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of some phrases as whole words, the longest first."""
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, ordered)) + r")(?!\w)")


def _said(before: str, behind: str) -> Said:
    """Return how a mention between two parts of a sentence is meant."""
    words = vocabulary().notes
    if _pattern(tuple(words.family)).search(before):
        return "other"
    near = _last_words(_after_end(before, tuple(words.ends)))
    close = _first_words(_before_end(behind, tuple(words.ends)))
    if _pattern(tuple(words.denied_after)).search(close):
        return "denied"
    if _pattern(tuple(words.doubt)).search(f"{near}\n{close}") or "?" in close[:3]:
        return "other"
    if _pattern(tuple(words.denied_before)).search(near):
        return "denied"
    return "affirmed"


def _after_end(text: str, ends: tuple[str, ...]) -> str:
    found = list(_pattern(ends).finditer(text))
    return text[found[-1].end() :] if found else text


def _before_end(text: str, ends: tuple[str, ...]) -> str:
    found = _pattern(ends).search(text)
    return text[: found.start()] if found else text


def _last_words(text: str) -> str:
    return " ".join(text.split()[-WORDS_AWAY:])


def _first_words(text: str) -> str:
    return " ".join(text.split()[:WORDS_AWAY])
