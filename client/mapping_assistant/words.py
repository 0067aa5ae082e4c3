"""The words that tell what a column holds, in English and Spanish."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from pydantic import Field

from client.sources.codes import without_accents
from shared.settings_file import StrictModel

NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# The parts of a name such as CholMmol or chol_mmol2: words, capitals and numbers.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class CodedWords(StrictModel):
    """Short codes that belong together, and the word that each stands for."""

    name: str
    codes: dict[str, str]
    unsure: bool = False


class ColumnWords(StrictModel):
    """Names of columns that are no feature."""

    patient: list[str]
    label: list[str]
    unit: list[str]


class Words(StrictModel):
    """The content of ``words.toml``."""

    missing: frozenset[str]
    missing_beside_numbers_only: frozenset[str]
    missing_numbers: frozenset[str]
    missing_codes: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    filler: frozenset[str]
    columns: ColumnWords
    abbreviations: dict[str, str]
    coded: list[CodedWords] = Field(min_length=1)


@cache
def words() -> Words:
    """Return the words that ship with the assistant."""
    text = (resources.files("client.mapping_assistant") / "words.toml").read_text(encoding="utf-8")
    return Words.model_validate(tomllib.loads(text))


def folded(text: str) -> str:
    """Return a text without capitals, accents and outer spaces."""
    return without_accents(text).casefold().strip()


def plain(text: str) -> str:
    """Return a text as words in lower case: without accents and punctuation.

    >>> plain("Síndrome de Loeys-Dietz")
    'sindrome de loeys dietz'
    """
    return NOT_LETTERS.sub(" ", folded(text)).strip()


def parts(name: str) -> tuple[str, ...]:
    """Return the words of a column's name.

    >>> parts("maxHeartRate_bpm"), parts("Presión arterial")
    (('max', 'heart', 'rate', 'bpm'), ('presion', 'arterial'))
    """
    return tuple(part.casefold() for part in PART.findall(without_accents(name)))
