"""What is published of diseases: HPO's own file ``phenotype.hpoa``, or the annotations of hpo3."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.errors import SettingsError
from shared.ontology import HumanPhenotypeOntology

COLUMNS = ("database_id", "disease_name", "qualifier", "hpo_id", "reference", "frequency", "aspect")
# Terms of HPO for how frequent a finding is, by the middle of their range.
WORDS = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}
# Where nobody says how frequent a finding is, in a disease it is written down for.
USUAL = 0.5
COUNTED = re.compile(r"(\d+)\s*/\s*(\d+)")
SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
FINDING = "P"


@dataclass(frozen=True)
class Annotated:
    """What one source says of one finding in one disease.

    Attributes
    ----------
    disease, name, term : str
    frequency : float
        0 to 1; 0 where the finding is said to be absent.
    patients : float
        How many it was counted in; 1 where it is an estimate.
    source : str
        ``PMID:31675180``; empty where nobody says.
    """

    disease: str
    name: str
    term: str
    frequency: float
    patients: float
    source: str


def read_hpoa(path: Path) -> Iterator[Annotated]:
    """Yield the findings of HPO's file.

    Raises
    ------
    SettingsError
        When it cannot be read, or is none.
    """
    wrong = SettingsError(f"{path} cannot be read.", "Give phenotype.hpoa of an HPO release.")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = (line for line in file if not line.startswith("#"))
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise wrong
            for row in rows:
                if row["aspect"] == FINDING:
                    yield _annotated(row)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise wrong from None


def _annotated(row: dict[str, str]) -> Annotated:
    frequency, patients = frequency_of(row["frequency"])
    is_absent = row["qualifier"].strip().upper() == "NOT"
    return Annotated(
        disease=row["database_id"],
        name=row["disease_name"],
        term=row["hpo_id"],
        frequency=0.0 if is_absent else frequency,
        patients=patients,
        source=row["reference"].split(";")[0],
    )


def frequency_of(text: str) -> tuple[float, float]:
    """Return a frequency as the file writes it, and how many patients it was counted in.

    >>> frequency_of("3/4"), frequency_of("25%"), frequency_of("")
    ((0.75, 4.0), (0.25, 1.0), (0.5, 1.0))
    """
    if counted := COUNTED.fullmatch(text.strip()):
        found, all_of_them = int(counted[1]), int(counted[2])
        return (min(1.0, found / all_of_them), float(all_of_them)) if all_of_them else (USUAL, 1.0)
    if share := SHARE.fullmatch(text.strip()):
        return min(1.0, float(share[1]) / 100), 1.0
    return WORDS.get(text.strip(), USUAL), 1.0


def installed_annotations(known: HumanPhenotypeOntology) -> Iterator[Annotated]:
    """Yield the findings that hpo3 brings: newer ones, without frequencies and sources."""
    for disease in known.diseases():
        name = known.disease_name(disease) or disease
        for term in known.disease_findings(disease):
            yield Annotated(disease, name, term, USUAL, 1.0, "")
