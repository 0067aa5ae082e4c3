"""A checked table of codes, and what a local code means by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from client.sources.code_maps.entries import Entry, Flaw
from client.sources.code_maps.intervals import Interval, bounds, comparable, innermost
from client.sources.codes import normalise_code

# ORPHA:558, http://www.orpha.net|558
WITH_SYSTEM = re.compile(r"(?:.+\||[A-Za-z]+[:_])([^|:]+)")
Key = tuple[str, str]


@dataclass(frozen=True)
class CodeMap:
    """What the codes of a table mean; chains from one code system to the next are followed.

    Attributes
    ----------
    file : str
    targets : dict of str to str
        Single codes, as they are normalised, and what each means in the end.
    places : dict of str to str
        Where the line of each single code stands.
    intervals : list of Interval
        Prefixes and ranges; none crosses another of another meaning.
    open_entries : list of Entry
        Lines that a person has to decide on; not used.
    """

    file: str
    targets: dict[str, str]
    places: dict[str, str]
    intervals: list[Interval]
    open_entries: list[Entry] = field(default_factory=list)

    def meaning(self, code: str) -> str | None:
        """Return what a normalised local code means: itself, else by the narrowest interval."""
        for spelling in _spellings(code):
            if spelling in self.targets:
                return self.targets[spelling]
        found = [innermost(self.intervals, spelling) for spelling in _spellings(code)]
        return next((each.target for each in found if each is not None), None)

    def uses(self) -> Iterator[tuple[str, str]]:
        """Yield the place and the meaning of every line that is used."""
        yield from ((self.places[code], target) for code, target in self.targets.items())
        yield from ((each.place, each.target) for each in self.intervals)


def _spellings(code: str) -> list[str]:
    """Return a code, also without its system and without its point."""
    bare = WITH_SYSTEM.fullmatch(code)
    plain = [code] if bare is None else [code, normalise_code(bare[1])]
    return list(dict.fromkeys([*plain, *map(comparable, plain)]))


def check_entries(
    file: str, entries: Sequence[Entry], system: str | None
) -> tuple[CodeMap, list[Flaw]]:
    """Return the table of accepted lines, and everything that is wrong with the lines.

    Parameters
    ----------
    system : str or None
        The code system of the cells; lines of others serve as later links of a chain only.
    """
    accepted = [each for each in entries if each.is_accepted]
    flaws = [*_missing(entries), *_absent_system(entries, system)]
    single, ranges, wrong = _sorted_out(accepted)
    flaws += [*wrong, *_conflicts(single), *_cycles(single)]
    links = {(each.system, normalise_code(each.code)): each for each in single}
    starts = [each for each in single if system is None or each.system == system]
    known: dict[str, Entry] = {}
    targets: dict[str, str] = {}
    for each in starts:
        target = _end_of_chain(each, links)
        for code in {normalise_code(each.code), comparable(normalise_code(each.code))}:
            if targets.setdefault(code, target) != target and known[code].system != each.system:
                what = f"{each.code!r} also stands in {known[code].place}, of another system"
                flaws.append(Flaw(each.place, f"{what}; say with codes_system which is meant"))
            known.setdefault(code, each)
    mine = [
        Interval(*found, _end_of_chain(each, links), each.place)
        for each, found in ranges
        if system is None or each.system == system
    ]
    flaws += _crossings(mine)
    places = {code: each.place for code, each in known.items()}
    undecided = [each for each in entries if each.is_open]
    return CodeMap(file, targets, places, mine, undecided), flaws


def _missing(entries: Sequence[Entry]) -> Iterator[Flaw]:
    for each in entries:
        if not each.code:
            yield Flaw(each.place, "no source code")
        elif not each.target and (each.is_accepted or each.is_open):
            yield Flaw(each.place, f"{each.code!r} has no target; if it has none, say unmatched")


def _absent_system(entries: Sequence[Entry], system: str | None) -> Iterator[Flaw]:
    systems = list(dict.fromkeys(each.system for each in entries))
    if system is not None and system not in systems:
        named = ", ".join(map(repr, systems))
        yield Flaw("the file", f"has no code of the system {system!r}, but of {named}")


def _sorted_out(
    entries: Sequence[Entry],
) -> tuple[list[Entry], list[tuple[Entry, tuple[str, str]]], list[Flaw]]:
    """Return single codes, prefixes and ranges with their bounds, and ranges that are none."""
    single, ranges, flaws = [], [], []
    for each in entries:
        if not each.code or not each.target:
            continue
        try:
            found = bounds(each.code)
        except ValueError as error:
            flaws.append(Flaw(each.place, f"{each.code!r}: {error}"))
            continue
        if found is None:
            single.append(each)
        else:
            ranges.append((each, found))
    return single, ranges, flaws


def _conflicts(entries: Sequence[Entry]) -> Iterator[Flaw]:
    first: dict[Key, Entry] = {}
    for each in entries:
        known = first.setdefault((each.system, normalise_code(each.code)), each)
        if (known.target_system, known.target) != (each.target_system, each.target):
            yield Flaw(each.place, f"{each.code!r} has another target than in {known.place}")


def _next_link(entry: Entry, links: dict[Key, Entry]) -> Entry | None:
    """Return the line that goes on from a target; only named systems are followed.

    Two lists of numbers may share all codes and mean nothing alike.
    """
    if not entry.target_system:
        return None
    found = links.get((entry.target_system, normalise_code(entry.target)))
    return None if found is entry else found


def _cycles(entries: Sequence[Entry]) -> Iterator[Flaw]:
    links = {(each.system, normalise_code(each.code)): each for each in entries}
    done: set[str] = set()
    for each in links.values():
        path: list[Entry] = []
        link: Entry | None = each
        while link is not None and link.place not in done and link not in path:
            path.append(link)
            link = _next_link(link, links)
        if link is not None and link in path:
            places = [entry.place for entry in path[path.index(link) :]]
            yield Flaw(link.place, f"{link.code!r} leads back to itself by {', '.join(places)}")
        done |= {entry.place for entry in path}


def _end_of_chain(entry: Entry, links: dict[Key, Entry]) -> str:
    passed = [entry]
    while (link := _next_link(passed[-1], links)) is not None and link not in passed:
        passed.append(link)
    return passed[-1].target


def _crossings(intervals: Sequence[Interval]) -> Iterator[Flaw]:
    for index, each in enumerate(intervals):
        for other in intervals[:index]:
            same = (each.start, each.end) == (other.start, other.end)
            if (same or each.crosses(other)) and each.target != other.target:
                what = "is the same range as" if same else "overlaps with"
                yield Flaw(each.place, f"{what} {other.place}, whose target is another")
