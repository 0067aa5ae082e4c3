"""What only HPO's own file says of terms: synonyms, and numbers that were merged into others.

The file is ``hp.obo`` (OBO format 1.4), which every release of HPO has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from shared.errors import SettingsError

SYNONYM = re.compile(r'synonym: "((?:[^"\\]|\\.)*)" (EXACT|NARROW|RELATED|BROAD)')
# Broader words name other findings too: who searches for one would be led astray.
USED = frozenset({"EXACT", "NARROW", "RELATED"})


@dataclass(frozen=True)
class Obo:
    """Synonyms and alternative numbers of a release.

    Attributes
    ----------
    synonyms : dict of str to list of str
        By term.
    alternatives : dict of str to str
        Term by a number that it also has.
    """

    synonyms: dict[str, list[str]] = field(default_factory=dict)
    alternatives: dict[str, str] = field(default_factory=dict)


def read_obo(path: Path) -> Obo:
    """Read HPO's own file.

    Raises
    ------
    SettingsError
        When it cannot be read, or is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read.", "Give hp.obo of an HPO release.") from None
    found, term = Obo(), ""
    for line in lines:
        if line.startswith("["):
            term = ""
        elif line.startswith("id: "):
            term = line[4:].strip()
        elif term and line.startswith("alt_id: "):
            found.alternatives[line[8:].strip()] = term
        elif term and (match := SYNONYM.match(line)) and match[2] in USED:
            found.synonyms.setdefault(term, []).append(match[1].replace('\\"', '"'))
    if not found.synonyms:
        raise SettingsError(f"{path} names no synonym.", "Give hp.obo of an HPO release.")
    return found
