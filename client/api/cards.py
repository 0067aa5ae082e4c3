"""An answer as cards of CDS Hooks 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The specification's limit.
LONGEST_SUMMARY = 140
MOST_ROWS = 10
MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\`*_[]|<>#"})


def cards(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the card of an answer.

    Parameters
    ----------
    answer : mapping
        As `client.api.given.given` makes it.
    """
    model = answer["model"]
    source = {"label": f"Juntos, model {model['version']}"}
    card = {
        "uuid": answer["prediction_id"],
        "summary": _summary(answer),
        "detail": _detail(answer),
        "indicator": "info",
        "source": source,
    }
    return [card]


def _summary(answer: Mapping[str, Any]) -> str:
    if not answer["enough_evidence"]:
        return _cut(f"Not enough evidence for a differential: {answer['why_not']}")
    wanted = [each for each in answer["ranked"] if each["in_set"]] or answer["ranked"][:1]
    return _cut(", ".join(f"{each['name']} {each['probability']:.0%}" for each in wanted[:3]))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else text[: LONGEST_SUMMARY - 1] + "\u2026"


def _detail(answer: Mapping[str, Any]) -> str:
    lines = []
    if not answer["enough_evidence"]:
        lines += [f"**Not enough evidence:** {answer['why_not']}", ""]
    lines += ["| Disease | Code | Probability | Cases seen |", "|:--|:--|--:|--:|"]
    lines += [_row(each) for each in answer["ranked"][:MOST_ROWS]]
    rest = answer["ranked"][MOST_ROWS:]
    others = answer["other"]["diseases"] + len(rest)
    if others:
        left = answer["other"]["probability"] + sum(each["probability"] for each in rest)
        lines.append(f"| {others} others | | {left:.1%} | |")
    found = answer["prediction_set"]
    if found["coverage"] is not None:
        count = len(found["codes"])
        diseases = "1 disease" if count == 1 else f"{count} diseases"
        lines += ["", f"{diseases} in the prediction set at {found['coverage']:.0%} coverage."]
    lines += ["", f"Answer {answer['prediction_id']}"]
    return "\n".join(lines)


def _row(ranked: Mapping[str, Any]) -> str:
    name, code = ranked["name"].translate(MARKDOWN), ranked["code"].translate(MARKDOWN)
    seen = ranked["training_cases"]
    return f"| {name} | {code} | {ranked['probability']:.1%} | {'' if seen is None else seen} |"
