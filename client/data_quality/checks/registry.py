"""All checks. A check is a function from a hospital's rows to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from client.data_quality.checks.clinical_rules import broken_rules
from client.data_quality.checks.codes import retired_codes, unknown_codes
from client.data_quality.checks.diagnoses import missing_diagnoses, suspicious_diagnoses
from client.data_quality.checks.duplicates import exact_duplicates
from client.data_quality.checks.missingness import (
    empty_columns,
    missing_blocks,
    missing_by_class,
    missing_by_clinic,
    missing_by_era,
)
from client.data_quality.checks.near_duplicates import near_duplicates
from client.data_quality.checks.notes import contradicting_notes
from client.data_quality.checks.null_meanings import (
    empty_means_other,
    null_words,
    sentinels,
    zeros_as_missing,
)
from client.data_quality.checks.outliers import outliers
from client.data_quality.checks.persons import contradicting_persons
from client.data_quality.checks.sex import sex_contradictions
from client.data_quality.checks.time import changed_coding, impossible_dates, stale_records
from client.data_quality.checks.units import units_of_parts
from client.data_quality.checks.values import impossible_values, texts_in_numbers
from client.data_quality.finding import Finding, harm
from client.data_quality.hospital_rows import HospitalRows

Check = Callable[[HospitalRows], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    null_words,
    sentinels,
    zeros_as_missing,
    empty_columns,
    empty_means_other,
    missing_by_class,
    missing_by_era,
    missing_by_clinic,
    missing_blocks,
    missing_diagnoses,
    texts_in_numbers,
    impossible_values,
    units_of_parts,
    unknown_codes,
    retired_codes,
    broken_rules,
    sex_contradictions,
    contradicting_persons,
    impossible_dates,
    exact_duplicates,
    near_duplicates,
    outliers,
    stale_records,
    changed_coding,
    contradicting_notes,
    suspicious_diagnoses,
)


def find_all(rows: HospitalRows, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """Return what all checks find, the most harmful first."""
    return sorted((finding for check in checks for finding in check(rows)), key=harm)
