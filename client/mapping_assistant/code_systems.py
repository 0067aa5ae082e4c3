"""Code systems by what their codes look like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from client.sources.codes import normalise_code

# Narrow before wide: a SNOMED CT identifier is any long number.
PATTERNS = {
    "HPO": re.compile(r"HP[:_]\d{7}"),
    "ORPHA": re.compile(r"ORPHA(?:NET)?[:_ ]?\d{1,6}", re.IGNORECASE),
    "OMIM": re.compile(r"(?:O?MIM[:_ ]?|[#*+%])\d{6}|[1-6]\d{5}", re.IGNORECASE),
    "ICD-10": re.compile(r"[A-TV-Z]\d[0-9AB](?:\.?[0-9A-Z]{1,4})?"),
    "LOINC": re.compile(r"\d{1,7}-\d"),
    "SNOMED CT": re.compile(r"[1-9]\d{5,17}"),
}
ENOUGH = 0.8


def code_system_of(counts: Mapping[str, int]) -> tuple[str, float] | None:
    """Return the code system that most cells' codes look like, and the share of cells.

    Parameters
    ----------
    counts : mapping of str to int
        Cells with each code.
    """
    total = sum(counts.values())
    for system, pattern in PATTERNS.items():
        fitting = sum(count for code, count in counts.items() if _fits(system, pattern, code))
        if total and fitting / total >= ENOUGH:
            return system, fitting / total
    return None


def _fits(system: str, pattern: re.Pattern[str], code: str) -> bool:
    if pattern.fullmatch(code) is None:
        return False
    if system == "LOINC":
        return checks_by_luhn(code)
    return system != "SNOMED CT" or checks_by_verhoeff(code)


def checks_by_luhn(code: str) -> bool:
    """Return whether the last digit is the check digit of LOINC (Luhn's, modulo 10)."""
    digits = [int(digit) for digit in reversed(code) if digit.isdigit()]
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(digits)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


# The dihedral group of order 10, and the permutation of Verhoeff's check digit.
PRODUCT = [
    [(a + b) % 5 + 5 * (b // 5) if a < 5 else (a - b) % 5 + 5 * (1 - b // 5) for b in range(10)]
    for a in range(10)
]
PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def checks_by_verhoeff(code: str) -> bool:
    """Return whether the last digit is the check digit of SNOMED CT (Verhoeff's)."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = PERMUTATION[value]
        check = PRODUCT[check][value]
    return check == 0


def bare_code(code: str) -> str:
    """Return a code without the name of its system, as ``558`` of ``ORPHA:558``."""
    found = re.fullmatch(r"(?:[A-Za-z]+[:_ ]|[#*+%])\s*([A-Za-z0-9.]+)", code.strip())
    return normalise_code(found[1] if found else code)
