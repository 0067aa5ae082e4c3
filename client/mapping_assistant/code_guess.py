"""What a hospital's own codes mean: by the contract's names and synonyms, and by what is usual."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from client.mapping_assistant.code_systems import bare_code
from client.mapping_assistant.words import folded, plain, words
from client.sources.codes import normalise_code
from shared.contract import CodedValue, TargetClass

Coded = CodedValue | TargetClass
EXACT, FROM_LIST, UNSURE_LIST, SPELLED_ALIKE, NUMBERED = 0.95, 0.95, 0.65, 0.8, 0.75
ALIKE = 90.0
SHORTEST_FUZZY = 5
LONGEST_ABBREVIATION = 6
SHORT_NUMBER = 2
WORDS = "words"
# Not the number of a grade or type, which is no subtype of a name.
SUBTYPE = re.compile(r"(?<!type)(?<!grade)(?<!tipo)(?<!grado) \d+$")
SPANISH = {"grado", "sindrome", "enfermedad", "distrofia", "esclerosis", "tipo", "sin", "con", "no"}


@dataclass(frozen=True)
class CodeGuess:
    """Local codes and what they mean.

    Attributes
    ----------
    codes : dict of str to str
        Local code to the contract's; those spelled as the contract's among them.
    confidence : float
        0 where nothing is understood.
    seen : str
    unexplained : list of str
        Frequent local codes that nothing explains.
    explained_share : float
        Share of the frequent codes' cells that are explained.
    rest_of_list : dict of str to str
        Codes that belong to the frequent ones and are not among them.
    """

    codes: dict[str, str]
    confidence: float
    seen: str = ""
    unexplained: list[str] = field(default_factory=list)
    explained_share: float = 0.0
    rest_of_list: dict[str, str] = field(default_factory=dict)


def markers_among(frequent: Mapping[str, int], explained: Iterable[str]) -> list[str]:
    """Return the numbers among codes that usually stand for "not recorded", and mean nothing else.

    Parameters
    ----------
    explained : iterable of str
        Codes whose meaning is known.
    """
    known = set(explained)
    return sorted(code for code in frequent if code in words().missing_codes and code not in known)


def guess_codes(frequent: Mapping[str, int], values: Sequence[Coded]) -> CodeGuess:
    """Return what the frequent codes of a column mean.

    Numbers are believed only where the contract's synonyms or a usual list explain all of them:
    another hospital counts from 0.

    Parameters
    ----------
    frequent : mapping of str to int
        Cells with each local code.
    values : sequence of CodedValue or TargetClass
    """
    if not frequent:
        return CodeGuess({}, 0.0)
    listed = _by_usual_list(frequent, values)
    exact = _by_names(frequent, values)
    numbers = {code for code in frequent if is_number(code)}
    if numbers - set(exact) and not any(
        code in exact for code in numbers if len(code) > SHORT_NUMBER
    ):
        exact = {code: meaning for code, meaning in exact.items() if code not in numbers}
    best = listed if listed and len(listed.codes) >= len(exact) else None
    if best is None:
        # Longer numbers belong to a code system, and are none by chance.
        short = any(len(code) <= SHORT_NUMBER for code in numbers & set(exact))
        best = CodeGuess(exact, NUMBERED if short else EXACT, "the contract's names")
    return _completed(best, frequent, values)


def _completed(guess: CodeGuess, frequent: Mapping[str, int], values: Sequence[Coded]) -> CodeGuess:
    """Return a guess with words spelled alike, and what it leaves open."""
    codes = dict(guess.codes)
    alike = _by_likeness([code for code in frequent if code not in codes], values)
    codes |= alike
    confidence = min(guess.confidence, SPELLED_ALIKE) if alike else guess.confidence
    open_codes = [code for code in frequent if code not in codes]
    share = sum(frequent[code] for code in codes if code in frequent) / sum(frequent.values())
    places = [value.code for value in values]
    known = [code for code in frequent if code in codes]
    # In the contract's order: how often a code occurs is nobody's business.
    ordered = {
        code: codes[code] for code in sorted(known, key=lambda each: places.index(codes[each]))
    }
    sure = confidence if codes else 0.0
    return CodeGuess(ordered, sure, guess.seen, open_codes, share, guess.rest_of_list)


def is_number(code: str) -> bool:
    """Return whether a code is a whole number, which means nothing by itself."""
    return code.lstrip("-").isdigit()


def _by_names(frequent: Iterable[str], values: Sequence[Coded]) -> dict[str, str]:
    """Return the codes that are a value's code, name or synonym, whatever capitals and accents."""
    meanings = _meanings(values)
    found = {}
    for code in frequent:
        bare = normalise_code(bare_code(code))
        meaning = meanings.get(plain(code)) or meanings.get(plain(bare))
        if meaning is not None:
            found[code] = meaning
    return found


def _meanings(values: Sequence[Coded]) -> dict[str, str]:
    """Return the code of each name that belongs to one value; a name of two means neither."""
    found: dict[str, str | None] = {}
    for value in values:
        names = names_of(value)
        # Numbers of a code system also stand without its name, as 558 for ORPHA:558.
        names += [bare_code(name) for name in names if bare_code(name).isdigit()]
        for name in {plain(name) for name in names} - {""}:
            found[name] = value.code if found.get(name, value.code) == value.code else None
    return {name: code for name, code in found.items() if code is not None}


def _by_usual_list(frequent: Mapping[str, int], values: Sequence[Coded]) -> CodeGuess | None:
    """Return the meaning of short codes that belong together, such as H and M."""
    meanings = _meanings(values)
    named = _by_names(frequent, values)
    present = {folded(code): code for code in frequent}
    for each in words().coded:
        found = {
            code: meanings[each.codes[short]]
            for short, code in present.items()
            if short in each.codes and each.codes[short] in meanings
        }
        # Words beside the list may be known, as in H, M and otro; numbers beside it may not.
        rest = [code for code in frequent if code not in found]
        explained = all(code in named and not is_number(code) for code in rest)
        if len(set(found.values())) >= 2 and explained:
            others = {code: named[code] for code in rest if named[code] not in found.values()}
            confidence = UNSURE_LIST if each.unsure else FROM_LIST
            more = {
                short: meanings[word]
                for short, word in each.codes.items()
                if short not in present and word in meanings
            }
            more = {short: code for short, code in more.items() if code not in found.values()}
            return CodeGuess({**found, **others}, confidence, each.name, rest_of_list=more)
    return None


def _by_likeness(codes: Sequence[str], values: Sequence[Coded]) -> dict[str, str]:
    """Return the words spelled nearly as a name of just one value."""
    from rapidfuzz import fuzz, process

    names = {name: code for name, code in _meanings(values).items() if len(name) >= SHORTEST_FUZZY}
    found = {}
    for code in codes:
        if is_number(code) or len(plain(code)) < SHORTEST_FUZZY:
            continue
        close = process.extract(plain(code), list(names), scorer=fuzz.ratio, score_cutoff=ALIKE)
        if len({names[name] for name, *_ in close}) == 1:
            found[code] = names[close[0][0]]
    return found


def names_of(value: Coded) -> list[str]:
    """Return every name of a value, also without brackets and without the number of a subtype."""
    bare = value.name.partition("(")[0].strip()
    return list(
        dict.fromkeys([value.code, value.name, bare, SUBTYPE.sub("", bare), *value.synonyms])
    )


def same_style(guess: CodeGuess, values: Sequence[Coded]) -> dict[str, str]:
    """Return how values without a frequent code would be written, in the style of those with one.

    The lines come from the contract alone, whether a value occurs in the data or not: they tell
    nothing about any patient.
    """
    if all(code == meaning for code, meaning in guess.codes.items()):
        # The contract's own codes need no line.
        return {}
    styles = {_style(code, meaning, values) for code, meaning in guess.codes.items()}
    in_spanish = any(map(_is_spanish, guess.codes))
    found: dict[str, str] = dict(guess.rest_of_list)
    for value in values:
        if value.code in {*guess.codes.values(), *guess.rest_of_list.values()}:
            continue
        names = names_of(value)
        names += [bare_code(name) for name in names if bare_code(name).isdigit()]
        for name in names:
            style = _style(name, value.code, values)
            other_language = style == WORDS and in_spanish != _is_spanish(name)
            if style in styles and name != value.code and not other_language:
                found |= dict.fromkeys(_cased(normalise_code(name), list(guess.codes)), value.code)
    return {name: code for name, code in found.items() if name not in guess.codes}


def _cased(name: str, others: Sequence[str]) -> list[str]:
    """Return a name with the capitals that the others have."""
    if all(other.upper() == other for other in others):
        return [name.upper()] if len(name) <= SHORT_NUMBER else [name, name.upper()]
    if all(other[:1].isupper() for other in others):
        return [name[:1].upper() + name[1:]]
    return [name]


def _is_spanish(text: str) -> bool:
    return bool(set(plain(text).split()) & SPANISH)


def _style(code: str, meaning: str, values: Sequence[Coded]) -> str:
    """Return how a code is written: a bare number of a code system, an abbreviation or words."""
    if code.isdigit():
        value = next(each for each in values if each.code == meaning)
        systems = [
            name.partition(":")[0]
            for name in [value.code, *value.synonyms]
            if bare_code(name) == code and name != code
        ]
        return f"number of {systems[0]}" if systems else "number"
    if re.fullmatch(r"[A-Za-z-]+:\S+", code):
        return f"code of {code.partition(':')[0]}"
    if len(code) <= SHORT_NUMBER:
        return "letter"
    capitals = sum(letter.isupper() for letter in code)
    return "abbreviation" if len(code) <= LONGEST_ABBREVIATION and capitals > 1 else WORDS
