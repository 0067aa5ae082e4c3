"""A note without what tells who it is about."""

from __future__ import annotations

from client.scrubbing.names import NameFinder
from client.scrubbing.tokens import tokens_of
from client.scrubbing.vocabulary import vocabulary


def scrub(note: str) -> str:
    """Replace what identifies a person by what it was: ``[NAME]``, ``[DATE]``, ``[PHONE]``, ...

    Names of persons, dates finer than a year, telephone numbers, addresses on the internet and of
    houses, places of life, numbers of persons, records and insurances, and ages above 89, in
    Spanish and English: what HIPAA calls identifiers (45 CFR 164.514(b)(2)), as far as words show
    it. Names that stand for diseases, signs and scores stay. Rules miss what they do not know: a
    scrubbed note is not anonymous.

    The result scrubbed again is itself: what was replaced may change what stands beside it, so
    passes go on until one finds nothing (nearly always the second). Each takes time that grows with
    the length of the note and no faster.

    >>> scrub("Dra. Ana Ruiz ve a la paciente el 12/03/2021 por enfermedad de Parkinson.")
    'Dra. [NAME] ve a la paciente el [DATE] por enfermedad de Parkinson.'
    """
    scrubbed = _once(note)
    while scrubbed != note:
        # Every pass but the last puts a placeholder where letters or digits were, so there is one.
        note, scrubbed = scrubbed, _once(scrubbed)
    return scrubbed


def _once(note: str) -> str:
    tokens = tokens_of(note)
    texts = [token.text for token in tokens]
    for found in NameFinder(vocabulary(), tokens).found():
        texts[found.start : found.end] = [
            found.placeholder,
            *[""] * (found.end - found.start - 1),
        ]
    return "".join(texts)
