"""What identifies a person by its form alone, wherever it stands in a note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from client.scrubbing.addresses import address_expressions, labelled_postcode
from client.scrubbing.dates import date_expressions, short_date
from client.scrubbing.expressions import END, START, any_of
from client.scrubbing.vocabulary import Vocabulary, vocabulary

PLACEHOLDERS = ("NAME", "DATE", "PHONE", "ID", "PLACE", "EMAIL", "URL", "AGE")
LABEL_END = r"(?:\s{0,2}(?:[:#.=]|n[º°ªo.]{1,2}(?!\w)|n[uú]m(?:\.|ero)?)){0,3}\s{0,2}"
# A digit comes first or soon; a space only before a longer group of digits, as in 943 476 5919.
LABELLED_VALUE = r"(?:[A-Z]{1,4}[\-/ ]?)?\d(?:[.\-/]?[\dA-Z]|\s(?=\d{3})\d){3,22}"
LOCAL = r"[\w.+'\-]{1,64}"
OLD = r"(?:9\d|1[0-4]\d)"


@dataclass(frozen=True)
class Pattern:
    """A form, and what stands in its place.

    Attributes
    ----------
    placeholder : str
        Empty where the text stays.
    expression : str
        Where it has a group named as the pattern with ``_value``, only that group is replaced.
    """

    placeholder: str
    expression: str


@cache
def patterns() -> dict[str, Pattern]:
    """Return the forms by name, in the order in which they are tried at a place."""
    words = vocabulary()
    parts = [
        ("kept", "", _kept(words)),
        ("email", "[EMAIL]", [rf"(?<![\w.+'\-]){LOCAL}@[\w\-]{{1,63}}(?:\.[\w\-]{{1,63}}){{1,8}}"]),
        ("url", "[URL]", [rf"{START}(?i:https?://|www\.)[^\s<>\"\])]{{1,2000}}(?<![.,;:!?'])"]),
        ("labelled_id", "[ID]", [_labelled(words, "id_labels", "labelled_id", LABELLED_VALUE)]),
        ("labelled_phone", "[PHONE]", [_phone(words)]),
        ("postcode", "[PLACE]", [labelled_postcode(words, "postcode_value")]),
        ("iban", "[ID]", [rf"{START}[A-Z]{{2}}\d{{2}}(?:\s?[A-Z\d]{{4}}){{3,7}}{END}"]),
        ("phone", "[PHONE]", _phones()),
        ("person", "[ID]", _numbers_of_persons()),
        ("date", "[DATE]", date_expressions(words)),
        ("short_date", "[DATE]", [short_date(words, "short_date_value")]),
        ("address", "[PLACE]", address_expressions(words)),
        ("age", "[AGE]", [_age(words)]),
        ("told_age", "[AGE]", [_labelled(words, "age_labels", "told_age", rf"{OLD}(?![.,/]\d|%)")]),
        ("number", "[ID]", _other_numbers(words)),
    ]
    return {name: Pattern(text, "|".join(forms)) for name, text, forms in parts}


def _kept(words: Vocabulary) -> list[str]:
    """Return what looks like a number of a person and is a code of a disease, gene or variant."""
    systems = any_of(words.words["code_systems"])
    return [
        rf"\[(?:{'|'.join(PLACEHOLDERS)})\]",
        rf"{START}{systems}(?:\s?[:#_]\s?|\s)?[A-Z]?\d{{2,18}}(?:\.\d{{1,4}})?{END}",
        rf"{START}rs\d{{3,12}}{END}",
        rf"{START}[NX][CGMPR]_\d{{6,9}}(?:\.\d{{1,3}})?",
        rf"{START}chr[\dXYM]{{1,2}}(?::[\d,]{{1,15}}(?:-[\d,]{{1,15}})?)?",
        rf"{START}[cgmnp]\.[\w>*+\-]{{3,60}}",
    ]


def _labelled(words: Vocabulary, labels: str, name: str, value: str) -> str:
    label = any_of(words.phrases[labels])
    return rf"{START}{label}(?!\w){LABEL_END}(?P<{name}_value>{value}){END}"


def _phone(words: Vocabulary) -> str:
    value = r"[+(]{0,2}\d[\d ().\-/]{4,18}\d"
    return _labelled(words, "phone_labels", "labelled_phone", value)


def _phones() -> list[str]:
    """Return telephone numbers by how they are grouped: Spain, any country, Britain, America."""
    spain = r"(?:(?:\(?\+34\)?|0034)[ .\-]?)?[6-9]\d"
    return [
        rf"{START}{spain}\d[ .\-]?\d{{2}}[ .\-]?\d{{2}}[ .\-]?\d{{2}}{END}",
        rf"{START}{spain}\d[ .\-]?\d{{3}}[ .\-]?\d{{3}}{END}",
        rf"{START}{spain}[ .\-]\d{{3}}[ .\-]\d{{2}}[ .\-]\d{{2}}{END}",
        rf"(?:\+|{START}00)\d{{1,3}}[\d ().\-]{{6,16}}\d{END}",
        rf"{START}\(?0\d{{2,4}}\)?[ \-]?\d{{3,4}}[ \-]?\d{{3,4}}{END}",
        rf"{START}(?:1[ \-])?\(?\d{{3}}\)[ .\-]?\d{{3}}[ .\-]\d{{4}}{END}",
        rf"{START}(?:1[ \-])?[2-9]\d{{2}}[.\-]\d{{3}}[.\-]\d{{4}}{END}",
    ]


def _numbers_of_persons() -> list[str]:
    """Return DNI, NIE, SSN, NHS, National Insurance and Spanish insurance numbers."""
    return [
        rf"{START}(?:\d{{8}}|\d{{1,2}}\.\d{{3}}\.\d{{3}})[ \-]?[A-Z]{END}",
        rf"{START}[XYZ][ \-]?\d{{7}}[ \-]?[A-Z]{END}",
        rf"{START}\d{{3}}-\d{{2}}-\d{{4}}{END}",
        rf"{START}\d{{3}}[ \-]\d{{3}}[ \-]\d{{4}}{END}",
        rf"{START}[A-Z]{{2}}\s?\d{{2}}\s?\d{{2}}\s?\d{{2}}\s?[A-D]{END}",
        rf"{START}\d{{2}}[/ \-]\d{{8}}[/ \-]\d{{2}}{END}",
        rf"{START}[A-Z]{{4}}\s?\d{{9,12}}{END}",
    ]


def _age(words: Vocabulary) -> str:
    """Return ages above 89, which few people reach, in digits and in words."""
    years = any_of(words.phrases["years"])
    old = any_of(words.phrases["oldest"])
    return rf"{START}(?:{OLD}|{old})(?=[\s\-]{{1,2}}{years}{END}|(?i:yo|y/o){END})"


def _other_numbers(words: Vocabulary) -> list[str]:
    """Return long numbers, and letters with numbers, which are records, samples or accounts."""
    units = any_of(words.words["number_units"])
    return [
        rf"{START}\d{{7,24}}{END}(?!\s?(?:{units}{END}|[.,]\d))",
        rf"{START}(?:19|20)\d{{2}}[/\-]\d{{4,8}}{END}",
        rf"{START}[A-Z]{{1,4}}[\-/]?\d{{5,12}}(?:[\-/]\d{{1,6}})?{END}",
    ]
