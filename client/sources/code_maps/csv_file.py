"""Tables of codes as CSV: ``source_code,target_code`` and, if need be, systems and equivalence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from client.sources.code_maps.entries import DEFAULT, EQUIVALENCES, Entry, Flaw
from client.sources.codes import normalise_name
from shared.errors import SettingsError

# The names that each column may go by, without capitals and punctuation.
COLUMNS = {
    "code": ("sourcecode", "source", "code", "codigo", "origen"),
    "target": ("targetcode", "target", "destino"),
    "system": ("sourcesystem", "system", "sistema"),
    "target_system": ("targetsystem",),
    "equivalence": ("equivalence", "relationship", "equivalencia"),
}
NEEDED = ("code", "target")
SEPARATORS = ",;\t"
EXAMPLE = "source_code,target_code,equivalence"


def read_csv(path: Path) -> tuple[list[Entry], list[Flaw]]:
    """Return the lines of a table, and those that are none.

    Raises
    ------
    SettingsError
        When the file has no header of this form, or quotation marks do not come in pairs.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        lines = list(reader)
    except csv.Error:
        raise SettingsError(
            f"{path}, row {reader.line_num}: quotation marks do not come in pairs.",
            'Write a " inside a cell as "".',
        ) from None
    places = _places(path, lines[0] if lines else [])
    width = len(lines[0])
    entries, flaws = [], []
    for row, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != width:
            flaws.append(Flaw(f"row {row}", f"{len(line)} cells where the header has {width}"))
            continue
        entry = _entry(row, {name: line[place].strip() for name, place in places.items()})
        entries.append(entry)
        if entry.equivalence not in EQUIVALENCES:
            known = ", ".join(sorted(EQUIVALENCES))
            flaws.append(Flaw(entry.place, f"no equivalence; there are {known}"))
    return entries, flaws


def _places(path: Path, header: list[str]) -> dict[str, int]:
    names = [normalise_name(name) for name in header]
    found = {
        column: names.index(name)
        for column, spellings in COLUMNS.items()
        for name in reversed(spellings)
        if name in names
    }
    if not set(NEEDED) <= set(found):
        raise SettingsError(
            f"{path} does not say which column holds the codes and which their targets.",
            f"Its first line must be like {EXAMPLE}.",
        )
    return found


def _entry(row: int, cells: dict[str, str]) -> Entry:
    return Entry(
        place=f"row {row}",
        system=cells.get("system", ""),
        code=cells["code"],
        target_system=cells.get("target_system", ""),
        target=cells["target"],
        equivalence=cells.get("equivalence", "").casefold() or DEFAULT,
    )
