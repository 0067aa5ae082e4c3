"""Notes from templates, with what they say of whom."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")
# What makes a sentence difficult, and how its findings are meant; "p" and "r" are a patient's and
# a relative's in the same sentence, "b" of the turning ones is the absent one.
KINDS: dict[str, dict[str, str]] = {
    "present": {"a": "present", "b": "present", "c": "present"},
    "absent": {"a": "excluded", "b": "excluded", "c": "excluded"},
    "turning": {"a": "present", "b": "excluded"},
    "relative": {"a": "family", "b": "family"},
    "relative_and_patient": {"p": "present", "r": "family"},
    "uncertain": {"a": "uncertain"},
    "hypothetical": {"a": "uncertain"},
    "misleading": {"a": "present", "b": "present"},
    "abbreviation": {"a": "present", "b": "present", "c": "present"},
    "typing_error": {"a": "present", "b": "present", "c": "present"},
}
# How often each kind is drawn for a sentence of a note.
WEIGHTS = {
    **dict.fromkeys(KINDS, 1.0),
    "present": 3.0,
    "absent": 2.0,
    "typing_error": 1.5,
}
SEX = {"en": ("girl", "boy"), "es": ("niña", "niño")}
FEWEST, MOST = 4, 8
SHORTEST_MISTYPED = 7


@dataclass(frozen=True)
class Meant:
    """One finding as a note means it.

    Attributes
    ----------
    code : str
    state : str
        ``present``, ``excluded``, ``family`` or ``uncertain``.
    kind : str
        Of the sentence: what makes it difficult.
    phrase : str
        The words that were written.
    """

    code: str
    state: str
    kind: str
    phrase: str


@dataclass(frozen=True)
class MadeUpNote:
    """A note, what it means, and where each kind of sentence stands.

    Attributes
    ----------
    language, text : str
    meant : tuple of Meant
    sentences : tuple of (int, int, str)
        Start, end and kind.
    """

    language: Language
    text: str
    meant: tuple[Meant, ...]
    sentences: tuple[tuple[int, int, str], ...]


def made_up_notes(count: int, seed: int = 0, *, held_out: bool = False) -> list[MadeUpNote]:
    """Return notes, half of them in each language, the same for the same seed.

    Parameters
    ----------
    held_out : bool
        Whether sentences are those that no rule was changed after.
    """
    generator = np.random.default_rng(seed)
    templates = _read("held_out_sentences" if held_out else "sentences")
    return [
        _note(language, templates[language], generator)
        for language in (LANGUAGES[number % 2] for number in range(count))
    ]


def _note(
    language: Language, templates: dict[str, list[str]], generator: np.random.Generator
) -> MadeUpNote:
    findings = [each for each in _read("findings")["finding"] if each[language]]
    order = generator.permutation(len(findings)).tolist()
    unused = [findings[place] for place in order]
    parts = [(_opening(templates["opening"], language, generator), "filler")]
    meant: list[Meant] = []
    kinds = list(KINDS)
    weights = np.array([WEIGHTS[kind] for kind in kinds])
    for _ in range(int(generator.integers(FEWEST, MOST + 1))):
        kind = str(generator.choice(kinds, p=weights / weights.sum()))
        sentence, said = _sentence(language, kind, templates, unused, generator)
        parts.append((sentence, kind))
        meant += said
        if generator.random() < 0.4:
            parts.append((str(generator.choice(templates["filler"])), "filler"))
    text, places = "", []
    for sentence, kind in parts:
        joint = "" if not text else "\n" if generator.random() < 0.15 else " "
        start = len(text) + len(joint)
        text += joint + sentence
        places.append((start, len(text), kind))
    return MadeUpNote(language, text, tuple(meant), tuple(places))


def _sentence(
    language: Language,
    kind: str,
    templates: dict[str, list[str]],
    unused: list[dict[str, Any]],
    generator: np.random.Generator,
) -> tuple[str, list[Meant]]:
    """Return a sentence and its findings, which are taken from those not used yet."""
    template = str(generator.choice(templates[kind if kind in templates else "present"]))
    states = KINDS[kind]
    said: list[Meant] = []
    for name, state in states.items():
        if f"{{{name}}}" not in template and f"{{{name.upper()}}}" not in template:
            continue
        finding = _take(unused, language, kind)
        phrase = _phrase(finding, language, kind, generator)
        said.append(Meant(finding["code"], state, kind, phrase))
        template = template.replace(f"{{{name}}}", phrase)
        template = template.replace(f"{{{name.upper()}}}", phrase[0].upper() + phrase[1:])
    return template, said


def _take(unused: list[dict[str, Any]], language: Language, kind: str) -> dict[str, Any]:
    for place, each in enumerate(unused):
        if kind != "abbreviation" or f"short_{language}" in each:
            return unused.pop(place)
    return unused.pop()


def _phrase(
    finding: dict[str, Any], language: Language, kind: str, generator: np.random.Generator
) -> str:
    if kind == "abbreviation" and f"short_{language}" in finding:
        return str(generator.choice(finding[f"short_{language}"]))
    phrase = str(generator.choice(finding[language]))
    return mistyped(phrase, generator) if kind == "typing_error" else phrase


def mistyped(phrase: str, generator: np.random.Generator) -> str:
    """Exchange, leave out, double or replace one letter inside the longest word."""
    word = max(phrase.split(), key=len)
    if len(word) < SHORTEST_MISTYPED:
        return phrase
    place = int(generator.integers(2, len(word) - 1))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(generator.integers(26))]
    ways: Sequence[str] = (
        word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :],
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + letter + word[place + 1 :],
    )
    return phrase.replace(word, ways[int(generator.integers(len(ways)))], 1)


def _opening(templates: list[str], language: Language, generator: np.random.Generator) -> str:
    sex = str(generator.choice(SEX[language]))
    age = str(int(generator.integers(1, 17)))
    chosen = str(generator.choice(templates))
    return chosen.replace("{age}", age).replace("{sex}", sex).replace("{Sex}", sex.capitalize())


def in_words(kind: str, phrase: str, generator: np.random.Generator) -> str:
    """Return an English sentence of one finding that was written after the rules.

    Parameters
    ----------
    kind : {"present", "absent"}
    """
    fitting = [
        each
        for each in _read("held_out_sentences")["en"][kind]
        if "{b}" not in each and ("{a}" in each or "{A}" in each)
    ]
    sentence = str(generator.choice(fitting))
    capital = phrase[:1].upper() + phrase[1:]
    return sentence.replace("{a}", phrase).replace("{A}", capital)


@cache
def _read(name: str) -> dict[str, Any]:
    path = resources.files("simulations.made_up_notes") / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))
