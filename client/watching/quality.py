"""What is wrong with a hospital's columns, as counts by rule and column."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from client.home import NodeHome
from client.watching.refused_fields import RefusedFields
from shared.contract import Contract
from shared.errors import JuntosError
from shared.watch.answer import ProblemCount

# Findings about the values of one column; others are about diagnoses, or rows as a whole.
OF_COLUMNS = frozenset(
    {
        "null_word",
        "sentinel",
        "zero_as_missing",
        "empty_column",
        "text_in_number",
        "impossible_value",
        "unknown_code",
        "retired_code",
        "unit_of_part",
        "outlier",
    }
)
REFUSED = "expected"


def problems_of(home: NodeHome, contract: Contract, days: int, today: date) -> list[ProblemCount]:
    """Return how often cases were refused in the last days, and what is found in the source."""
    since = today - timedelta(days=days)
    refused = RefusedFields(home.path, contract.recorded).counts(since)
    told = [
        ProblemCount(rule=REFUSED, feature=name, count=count)
        for name, count in sorted(refused.items())
    ]
    return told + found_in_source(home, contract)


def found_in_source(home: NodeHome, contract: Contract) -> list[ProblemCount]:
    """Return what the checks of `juntos node quality` find; nothing where there is no source."""
    from client.data_quality.checks import find_all
    from client.data_quality.reading_rows import read_rows
    from client.data_quality.settings import read_settings
    from client.sources.pseudonyms import patient_key

    if not home.mapping_file.is_file():
        return []
    try:
        key = patient_key(home.patient_key_file)
        settings = read_settings(home.path)
        findings = find_all(read_rows(home.contract(), home.mapping_file, settings, key))
    except JuntosError:
        return []
    found: Counter[tuple[str, str]] = Counter()
    for each in findings:
        if each.kind in OF_COLUMNS and each.feature in contract.features:
            found[each.kind, each.feature] += each.count
    return [
        ProblemCount(rule=kind, feature=feature, count=count)
        for (kind, feature), count in sorted(found.items())
    ]
