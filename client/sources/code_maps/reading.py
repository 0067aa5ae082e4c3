"""A table of codes from its file, checked as a whole before any of it is used."""

from __future__ import annotations

from pathlib import Path

from client.sources.code_maps.code_map import CodeMap, check_entries
from client.sources.code_maps.csv_file import read_csv
from shared.errors import SettingsError

MOST_SHOWN = 20


def read_code_map(path: Path, system: str | None = None) -> CodeMap:
    """Return a table of codes.

    Parameters
    ----------
    path : Path
        A FHIR ConceptMap where it ends in ``.json``, else a CSV file.
    system : str, optional
        The code system of the cells, as the file names it.

    Raises
    ------
    SettingsError
        When it cannot be read, or lines are missing a code, contradict each other or lead in a
        circle: all of them, each with its place.
    """
    if not path.is_file():
        raise SettingsError(f"{path} does not exist.", "Correct codes_file in the mapping.")
    if path.suffix.casefold() == ".json":
        # Most hospitals have no ConceptMap.
        from client.sources.code_maps.concept_map import read_concept_map

        entries, flaws = read_concept_map(path)
    else:
        entries, flaws = read_csv(path)
    found, more = check_entries(path.name, entries, system)
    flaws += more
    if not entries and not flaws:
        raise SettingsError(f"{path} holds no codes.", "Export it again.")
    if flaws:
        lines = [f"  {flaw}" for flaw in flaws[:MOST_SHOWN]]
        lines += [f"  and {len(flaws) - MOST_SHOWN} more"] if len(flaws) > MOST_SHOWN else []
        raise SettingsError(f"{path} cannot be used:\n" + "\n".join(lines), "Correct these lines.")
    return found
