"""Postal addresses and postcodes."""

from __future__ import annotations

from client.scrubbing.expressions import CAPITALISED, END, START, any_of
from client.scrubbing.vocabulary import Vocabulary

BRITISH_CODE = r"[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}"
OF = r"(?:(?:(?i:de|del|la|las|los|el)\s{1,2}){1,2})?"
NUMBER = r"\d{1,4}[A-Za-z]?(?!\w|[.,]\d)"
SPANISH_NUMBER = rf"(?:,?\s{{1,2}}(?:s/n|(?:n[º°ªo.]{{1,2}}\s?|n[uú]m\.?\s?)?{NUMBER}))"
FLOOR = r"(?:,?\s{1,2}\d{1,2}\s?[ºª°](?:\s?[A-Z](?!\w)|\s?(?i:izq|der|dch|ctr)[a-z.]{0,6})?)"
TOWN = rf"{CAPITALISED}(?:\s{{1,2}}{OF}{CAPITALISED}){{0,2}}"


def address_expressions(words: Vocabulary) -> list[str]:
    """Return the forms of addresses."""
    spanish = [each.rstrip(".") for each in words.phrases["streets"]]
    before = any_of(spanish)
    name = rf"{OF}{CAPITALISED}(?:\s{{1,2}}{OF}{CAPITALISED}){{0,4}}"
    code = rf"(?:,?\s{{1,2}}\d{{5}}(?!\d)(?:\s{{1,2}}{TOWN})?)"
    after = any_of(words.phrases["streets_after"])
    flat = r"(?:(?i:flat|apt|apartment|unit|room|suite)\.?\s{1,2}\w{1,4},?\s{1,2})?"
    return [
        rf"{START}(?:[cC]/\s{{0,2}}|{before}(?:\.\s{{0,2}}|\s{{1,2}})){name}{SPANISH_NUMBER}?{FLOOR}?{code}?",
        rf"{START}{flat}\d{{1,5}}[A-Za-z]?,?\s{{1,2}}(?:{CAPITALISED}\s{{1,2}}){{1,4}}{after}{END}\.?"
        rf"(?:,\s{{0,2}}{CAPITALISED}(?:\s{{1,2}}{CAPITALISED}){{0,2}})?",
        rf"{START}{BRITISH_CODE}{END}",
        rf"(?<=[,.;:]\s)\d{{5}}\s{{1,2}}{TOWN}",
        rf"{START}(?<=[a-z],\s)[A-Z]{{2}}\s\d{{5}}(?:-\d{{4}})?{END}",
    ]


def labelled_postcode(words: Vocabulary, value: str) -> str:
    """Return a postcode after a word that says so."""
    label = any_of(words.phrases["postcode_labels"])
    code = rf"\d{{5}}(?:-\d{{4}})?|{BRITISH_CODE}"
    return rf"{START}{label}\s{{0,2}}:?\s{{0,2}}(?P<{value}>{code}){END}"
