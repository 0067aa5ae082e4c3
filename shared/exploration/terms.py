"""How many patients show each term or one below it, told so that no few patients are.

Whoever has a term has all above it, so two counts along a line of the hierarchy tell how many have
the upper one only. A term is told where enough patients have it, and none or enough have the
nearest told ones above it without it.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from shared.contract import TermsFeature
from shared.ontology import terminology

# The most frequent ones; the rest is long and thin.
MOST_TERMS = 300


def tell_terms(feature: TermsFeature, column: pd.Series, smallest: int) -> dict[str, int]:
    """Count patients by term, those that may be told, most frequent first."""
    known = terminology(feature.code_system)
    sets = Counter(tuple(sorted(terms)) for terms in column)
    counts: Counter[str] = Counter()
    for terms, rows in sets.items():
        for term in known.expand(terms):
            counts[term] += rows
    anyone = sum(rows for terms, rows in sets.items() if terms)
    told: dict[str, int] = {}
    # How many have any term is told unless few have none; everybody is known.
    whole = {len(column)} if _few(len(column) - anyone, smallest) else {len(column), anyone}
    for term, rows in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if rows < smallest or len(told) == MOST_TERMS:
            break
        above = [told[each] for each in known.ancestors(term) if each in told]
        if not any(_few(upper - rows, smallest) for upper in [*whole, *above]):
            told[term] = rows
    return told


def _few(rows: int, smallest: int) -> bool:
    return 0 < rows < smallest
