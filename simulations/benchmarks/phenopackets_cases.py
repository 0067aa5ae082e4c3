"""The table of published cases, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.errors import DataError
from shared.knowledge.terms import Findings
from shared.ranking.disease_sums import CaseTable

REQUIRED = ("publication", "observed", "excluded", "disease_id")
OPTIONAL = ("sex", "age_years", "onset_years", "onset_class")
# Years in the middle of what HPO's words for the age of onset span.
ONSET_YEARS = {
    "Embryonal onset": 0.0,
    "Fetal onset": 0.0,
    "Antenatal onset": 0.0,
    "First trimester onset": 0.0,
    "Second trimester onset": 0.0,
    "Third trimester onset": 0.0,
    "Congenital onset": 0.0,
    "Neonatal onset": 0.04,
    "Infantile onset": 0.5,
    "Childhood onset": 3.0,
    "Juvenile onset": 10.0,
    "Adult onset": 30.0,
    "Young adult onset": 25.0,
    "Early young adult onset": 17.0,
    "Intermediate young adult onset": 22.0,
    "Late young adult onset": 32.0,
    "Middle age onset": 50.0,
    "Late onset": 65.0,
}


@dataclass(frozen=True)
class PublishedCases:
    """Cases of publications.

    Attributes
    ----------
    table : CaseTable
    diseases, publications : str arrays of shape (cases,)
        A publication is ``PMID:10077612`` where it is a number, as annotations cite it.
    unknown_terms : int
        Codes that stand for no finding of the ontology, and were not used.
    """

    table: CaseTable
    diseases: npt.NDArray[np.str_]
    publications: npt.NDArray[np.str_]
    unknown_terms: int

    def __len__(self) -> int:
        return len(self.diseases)

    def rows(self, chosen: npt.NDArray[np.int64]) -> PublishedCases:
        """Return some of the cases."""
        return PublishedCases(
            self.table.rows(chosen),
            self.diseases[chosen],
            self.publications[chosen],
            self.unknown_terms,
        )


def read_cases(path: Path, findings: Findings) -> PublishedCases:
    """Read the table, plain or packed with gzip.

    Raises
    ------
    DataError
        When it cannot be read, lacks a column, is empty, or a case has no disease or publication.
    """
    fix = f"Give a CSV file with the columns {', '.join(REQUIRED + OPTIONAL)}."
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, EOFError):
        raise DataError(f"{path} cannot be read as a table of cases.", fix) from None
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}.", fix)
    if table.empty:
        raise DataError(f"{path} holds no cases.", fix)
    for name in ("publication", "disease_id"):
        blank = np.flatnonzero(table[name].str.strip() == "")
        if len(blank):
            raise DataError(f"{path}, row {blank[0] + 2}: {name} is empty.", "Fill it in.")
    for name in OPTIONAL:
        if name not in table:
            table[name] = ""
    observed, excluded = (table[name].str.split() for name in ("observed", "excluded"))
    onset = _numbers(table["onset_years"], path)
    classes = table["onset_class"].map(ONSET_YEARS).to_numpy(dtype=np.float64)
    cases = CaseTable(
        observed=findings.matrix(observed),
        excluded=findings.matrix(excluded),
        age=_numbers(table["age_years"], path),
        onset=np.where(np.isnan(onset), classes, onset),
        female=np.array(table["sex"].map({"FEMALE": 1.0, "MALE": 0.0}), dtype=np.float64),
    )
    unknown = sum(code not in findings.columns for each in (*observed, *excluded) for code in each)
    publications = table["publication"].str.strip().str.replace(r"^(\d+)$", r"PMID:\1", regex=True)
    diseases = table["disease_id"].str.strip().to_numpy(dtype=np.str_)
    return PublishedCases(cases, diseases, publications.to_numpy(dtype=np.str_), unknown)


def _numbers(column: pd.Series, path: Path) -> npt.NDArray[np.float64]:
    values = np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
    wrong = np.flatnonzero(np.isnan(values) & (column != "").to_numpy())
    if len(wrong):
        raise DataError(
            f"{path}, row {wrong[0] + 2}: {column.name} is no number.", "Give years, or nothing."
        )
    return values
