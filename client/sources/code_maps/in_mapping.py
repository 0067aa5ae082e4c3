"""The tables of codes that a mapping names: read into it, and compared with the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from client.sources.code_maps.meanings import Meanings, with_table

if TYPE_CHECKING:
    from client.sources.mapping import Mapping as MappingFile

MOST_SHOWN = 8


def with_code_files(mapping: MappingFile, folder: Path) -> MappingFile:
    """Return a mapping whose codes have the tables that it names behind them.

    Parameters
    ----------
    folder : Path
        The mapping file's; the tables' paths start there.

    Raises
    ------
    SettingsError
        When a table cannot be used.
    """
    label, columns = mapping.label, mapping.column
    codes = with_table(label.codes, label.codes_file, label.codes_system, folder)
    return mapping.model_copy(
        update={
            "label": label.model_copy(update={"codes": codes}),
            "column": [
                each.model_copy(
                    update={
                        "codes": with_table(each.codes, each.codes_file, each.codes_system, folder)
                    }
                )
                for each in columns
            ],
        }
    )


def leads_nowhere(codes: Mapping[str, str] | None, allowed: Iterable[str]) -> Iterator[str]:
    """Yield a complaint when no line of a table leads to a code of the contract."""
    if isinstance(codes, Meanings):
        known = set(allowed)
        if not any(target in known for _, target in codes.table.uses()):
            yield f"codes_file: no line of {codes.table.file} leads to a code of the contract"


def table_warnings(codes: Mapping[str, str] | None, allowed: Iterable[str] | None) -> Iterator[str]:
    """Yield what a person should know of a table: lines that are not used, and why.

    Parameters
    ----------
    allowed : iterable of str or None
        The contract's codes; None where it has no list.
    """
    if not isinstance(codes, Meanings):
        return
    table = codes.table
    waiting = [f"{each.place} ({each.equivalence})" for each in table.open_entries]
    if waiting:
        yield (
            f"{table.file}: {_count(waiting)} not used, since the target does not hold the "
            f"source: {_some(waiting)}; write what is meant into codes of the mapping"
        )
    known = None if allowed is None else set(allowed)
    elsewhere = [
        place for place, target in table.uses() if known is not None and target not in known
    ]
    if elsewhere:
        places = list(dict.fromkeys(elsewhere))
        yield f"{table.file}: {_count(places)} leading to no code of the contract: {_some(places)}"


def _count(places: list[str]) -> str:
    return "1 line is" if len(places) == 1 else f"{len(places)} lines are"


def _some(places: list[str]) -> str:
    more = f" and {len(places) - MOST_SHOWN} more" if len(places) > MOST_SHOWN else ""
    return ", ".join(places[:MOST_SHOWN]) + more
