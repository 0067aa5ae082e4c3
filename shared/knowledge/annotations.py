"""Reading ``phenotype.hpoa``: what is published of each disease, by publication."""

from __future__ import annotations

import csv
from pathlib import Path

from shared.errors import SettingsError
from shared.knowledge.sources import Annotation

# HPO's words for how frequent a finding is, as the middle of what they span.
FREQUENCY_WORDS = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}
COLUMNS = {"database_id", "disease_name", "qualifier", "hpo_id", "reference", "frequency", "aspect"}


def frequency_of(text: str) -> tuple[float | None, float]:
    """Return the share of patients, and how many were counted; None and 0 where it is not said.

    Raises
    ------
    ValueError
        When the text is no frequency.
    """
    if not text:
        return None, 0.0
    if text in FREQUENCY_WORDS:
        return FREQUENCY_WORDS[text], 0.0
    if text.endswith("%"):
        return float(text[:-1]) / 100, 0.0
    having, _, counted = text.partition("/")
    return (float(having) / float(counted), float(counted)) if float(counted) else (None, 0.0)


def read_annotations(path: Path) -> list[Annotation]:
    """Read all annotations of OMIM and Orphanet diseases.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a line of it means nothing.
    """
    fix = "Give phenotype.hpoa of an HPO release."
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read.", fix) from None
    comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.DictReader(lines[comments:], delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = sorted(COLUMNS - set(reader.fieldnames or ()))
    if missing:
        raise SettingsError(f"{path} has no column {', '.join(missing)}.", fix)
    found = []
    for number, row in enumerate(reader, start=comments + 2):
        if not row["database_id"].startswith(("OMIM:", "ORPHA:")):
            continue
        try:
            found.append(_annotation(row))
        except (ValueError, AttributeError, TypeError):
            raise SettingsError(f"{path}, line {number}, is no annotation.", fix) from None
    return found


def _annotation(row: dict[str, str]) -> Annotation:
    frequency, patients = frequency_of(row["frequency"])
    return Annotation(
        disease=row["database_id"],
        name=row["disease_name"],
        term=row["hpo_id"],
        absent=row["qualifier"] == "NOT" or frequency == 0,
        publications=tuple(row["reference"].split(";")),
        frequency=frequency,
        patients=patients,
        aspect=row["aspect"],
        sex=(row.get("sex") or "").upper(),
    )
