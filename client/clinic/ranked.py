"""The differential of a ranking: all known diseases, each with its reasons and their pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from client.clinic.asking import AGAINST, FOR, SHOWN
from client.clinic.differential import Differential, Next, Row, Said
from client.clinic.wording import Wording

MISSING = 2
NEXT = 3


def ranked_differential(output: Mapping[str, Any], wording: Wording) -> Differential:
    """Return what the page shows of a ranking, from what was written down."""
    ranking = output["ranking"]
    within = set(ranking["prediction_set"])
    rows = [_row(each, within, wording) for each in ranking["diseases"][:SHOWN]]
    return Differential(
        rows=rows,
        other_probability=max(0.0, 1.0 - sum(row.probability for row in rows)),
        unknown_probability=float(ranking["something_else"]),
        other_diseases=0,
        known_diseases=0,
        coverage=ranking["coverage"],
        set_size=len(within),
        enough_evidence=bool(ranking["enough_evidence"]),
        why_not_code=output["why_not_code"],
        why_not=output["why_not"],
        next_findings=[
            Next(each["finding"]["code"], each["finding"]["name"], None, **_next(each, rows))
            for each in ranking["next_findings"][:NEXT]
        ],
        has_reasons=True,
        is_ranking=True,
        remarks=_remarks(ranking, wording),
    )


def _row(disease: Mapping[str, Any], within: set[str], wording: Wording) -> Row:
    opposing = [_said(each) for each in disease["contradicting"][:AGAINST]]
    opposing += [
        Said(wording.words(f"clinic.ranked.remark.{each}"), is_recorded=True)
        for each in disease["remarks"]
        if wording.words.has(f"clinic.ranked.remark.{each}")
    ]
    return Row(
        code=disease["code"],
        name=disease["name"],
        probability=disease["probability"],
        cases=disease["cases"],
        in_set=disease["code"] in within,
        supporting=[_said(each) for each in disease["matching"][:FOR]],
        opposing=opposing,
        missing=[_said(each) for each in disease["missing"][:MISSING]],
        url=disease["url"],
        known_from=disease["known_from"],
        prevalence=disease["prevalence"],
    )


def _said(reason: Mapping[str, Any]) -> Said:
    finding = reason["finding"]
    return Said(finding["name"], is_recorded=True, url=finding["url"])


def _next(found: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    # OMIM and Orphanet often call one disease alike.
    alike = Counter(row.name for row in rows)
    names = {
        row.code: f"{row.name} ({row.code})" if alike[row.name] > 1 else row.name for row in rows
    }
    return {
        "bits": found["bits"],
        "raises": [names[code] for code in found["raises"] if code in names][:2],
        "lowers": [names[code] for code in found["lowers"] if code in names][:2],
        "url": found["finding"]["url"],
    }


def _remarks(ranking: Mapping[str, Any], wording: Wording) -> list[str]:
    """Return what a person should know of how the findings were understood."""
    words = wording.words
    prevalence = ranking["prevalence"]
    found = []
    if ranking["unknown"]:
        found.append(words("clinic.ranked.unknown", codes=", ".join(ranking["unknown"])))
    if ranking["replaced"]:
        pairs = ", ".join(f"{old} → {new}" for old, new in ranking["replaced"].items())
        found.append(words("clinic.ranked.replaced", pairs=pairs))
    if ranking["contradictory"]:
        codes = ", ".join(ranking["contradictory"])
        found.append(words("clinic.ranked.contradictory", codes=codes))
    key = "prevalence" if prevalence["stated"] else "prevalence_none"
    kind = prevalence["hospital_type"]
    found.append(words(f"clinic.ranked.{key}", count=prevalence["stated"], kind=kind))
    return found
