"""Which column holds the diagnosis, and what its codes mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from client.mapping_assistant.code_guess import CodeGuess, guess_codes, same_style
from client.mapping_assistant.code_systems import code_system_of
from client.mapping_assistant.column_profile import Profile
from client.mapping_assistant.guess import Guess, percent
from client.mapping_assistant.names import name_score
from client.mapping_assistant.value_guess import coded_guess
from client.mapping_assistant.words import folded, plain, words
from shared.contract import Contract

TWO = 2
DISEASE_OR_NOT = 0.75
NOT_UNDERSTOOD = 0.35


def guess_label(column: Profile, contract: Contract, smallest_cell: int) -> Guess:
    """Return what a mapping would say of a column that holds the diagnosis."""
    if not column.present or column.is_dates or column.is_text or column.holds_lists:
        return Guess(0.0)
    frequent = column.frequent(smallest_cell)
    if not frequent:
        return Guess(0.0)
    codes = _yes_or_no(column.counts, contract) or guess_codes(frequent, contract.target)
    found = coded_guess(codes, same_style(codes, contract.target) if codes.codes else {})
    _add_code_system(found, column)
    rare = [code for code in column.counts if code not in {*frequent, *found.keys.get("codes", {})}]
    if rare:
        found.doubts.append(
            f"the meaning of {len(rare)} more codes, of fewer than {smallest_cell} rows each and "
            "therefore not shown"
        )
    return found if codes.codes else Guess(_unknown(column), found.keys, {}, found.doubts)


def _yes_or_no(counts: Mapping[str, int], contract: Contract) -> CodeGuess | None:
    """Return the meaning of a diagnosis that is only said to be there or not.

    A contract whose coarsest classes are two, of which one has finer ones below, is meant: yes is
    the class that has them.
    """
    groups = contract.groups
    parents = {each.parent for each in contract.target if each.parent in groups}
    if len(groups) != TWO or len(parents) != 1 or len(counts) != TWO:
        return None
    sick = next(group for group in groups if group in parents)
    healthy = next(group for group in groups if group != sick)
    codes: dict[str, str] = {code: sick for code in counts if folded(code) in words().yes}
    codes |= {code: healthy for code in counts if folded(code) in words().no}
    if set(codes.values()) != {sick, healthy}:
        return None
    return CodeGuess(codes, DISEASE_OR_NOT, "only yes and no are told apart", [], 1.0)


def _add_code_system(found: Guess, column: Profile) -> None:
    system = code_system_of(column.counts)
    if system is None:
        return
    found.seen["column"] = f"{percent(system[1])} of the cells look like {system[0]}"
    if not found.keys.get("codes"):
        found.doubts.append(f'a table from {system[0]} can be named with codes_file = "FILE.csv"')


def _unknown(column: Profile) -> float:
    return NOT_UNDERSTOOD if column.is_coded else 0.0


def label_name_score(column: str, contract: Contract) -> float:
    """Return how much a column's name sounds like the diagnosis, or like the classes' names."""
    counts = Counter(word for each in contract.target for word in set(plain(each.name).split()))
    common = [word for word, n in counts.items() if n > len(contract.target) / 2 and word.isalpha()]
    return name_score(column, [*words().columns.label, *common])
