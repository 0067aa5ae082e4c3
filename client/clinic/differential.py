"""The differential as a clinician reads it, from what was written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client.audit import Recorded
from client.clinic.asking import SHOWN
from client.clinic.wording import Wording
from shared.contract import TermsFeature


@dataclass(frozen=True)
class Said:
    """A finding in words, whether it is one or that nothing was entered, and the page about it."""

    words: str
    is_recorded: bool
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One disease.

    Attributes
    ----------
    code, name : str
    probability : float
    cases : int or None
        That the federation has seen; None where it did not tell.
    in_set : bool
    supporting, opposing : sequence of Said
    missing : sequence of Said
        Frequent in the disease, and not looked for as far as anybody said.
    url : str
        The page about the disease.
    known_from : str
        ``annotations``, ``cases`` or ``both``; empty where that is no question.
    prevalence : float or None
        What the hospital says of how frequent it is.
    """

    code: str
    name: str
    probability: float
    cases: int | None
    in_set: bool
    supporting: Sequence[Said]
    opposing: Sequence[Said]
    missing: Sequence[Said] = ()
    url: str = ""
    known_from: str = ""
    prevalence: float | None = None


@dataclass(frozen=True)
class Next:
    """Something to check next.

    Attributes
    ----------
    feature, words : str
    share : float or None
        Of the uncertainty that it takes away on average; None where there is none left.
    bits : float or None
        The same as a number.
    raises, lowers : sequence of str
        Names of diseases that it makes more, and less, probable.
    url : str
    """

    feature: str
    words: str
    share: float | None
    bits: float | None = None
    raises: Sequence[str] = ()
    lowers: Sequence[str] = ()
    url: str = ""


@dataclass(frozen=True)
class Differential:
    """All that the page shows of one answer.

    Attributes
    ----------
    rows : sequence of Row
        At most ten.
    other_probability : float
        Of all diseases that the model knows and that no row shows, together.
    other_diseases : int
        How many those are.
    known_diseases : int
        How many the model knows.
    coverage : float or None
    set_size : int
    enough_evidence : bool
    why_not_code, why_not : str
    next_findings : sequence of Next
    has_reasons : bool
        Whether reasons were asked for.
    is_ranking : bool
        Whether all known diseases were ranked.
    unknown_probability : float
        Of a disease that a ranking does not know; a part of `other_probability`.
    remarks : sequence of str
        How the findings were understood.
    """

    rows: Sequence[Row]
    other_probability: float
    other_diseases: int
    known_diseases: int
    coverage: float | None
    set_size: int
    enough_evidence: bool
    why_not_code: str
    why_not: str
    next_findings: Sequence[Next]
    has_reasons: bool
    is_ranking: bool = False
    unknown_probability: float = 0.0
    remarks: Sequence[str] = ()


def differential_of(recorded: Recorded, wording: Wording) -> Differential | None:
    """Return the differential; None where the contents of the answer are gone."""
    output, values = recorded.output, recorded.input
    if output is None or values is None:
        return None
    more = output.get("clinic", {})
    reasons = more.get("reasons", {})
    ranked = output["ranked"]
    shown = [_row(each, reasons.get(each["code"], {}), wording, values) for each in ranked[:SHOWN]]
    known = len(ranked) + int(output["other_diseases"])
    return Differential(
        rows=shown,
        other_probability=max(0.0, 1.0 - sum(each.probability for each in shown)),
        other_diseases=known - len(shown),
        known_diseases=known,
        coverage=output["coverage"],
        set_size=len(output["prediction_set"]),
        enough_evidence=bool(output["enough_evidence"]),
        why_not_code=output.get("why_not_code", ""),
        why_not=output["why_not"],
        next_findings=[_next(each, more, wording) for each in more.get("next", [])],
        has_reasons=bool(reasons),
    )


def _row(
    ranked: Mapping[str, Any],
    reasons: Mapping[str, Any],
    wording: Wording,
    values: Mapping[str, Any],
) -> Row:
    return Row(
        code=ranked["code"],
        name=ranked["name"],
        probability=ranked["probability"],
        cases=ranked["training_cases"],
        in_set=ranked["in_set"],
        supporting=[_said(each, wording, values) for each in reasons.get("for", [])],
        opposing=[_said(each, wording, values) for each in reasons.get("against", [])],
    )


def _said(reason: Mapping[str, Any], wording: Wording, values: Mapping[str, Any]) -> Said:
    return Said(wording.finding(reason, values), bool(reason["recorded"]))


def _next(found: Mapping[str, Any], more: Mapping[str, Any], wording: Wording) -> Next:
    bits = more.get("uncertainty_bits", 0.0)
    words = found["words"] if found["term"] else wording.feature(found["feature"])
    share = min(1.0, found["expected_drop_bits"] / bits) if bits > 0 else None
    return Next(found["feature"], words, share)


@dataclass(frozen=True)
class Finding:
    """Something recorded of the patient."""

    name: str
    values: Sequence[str]


def findings_of(
    recorded: Recorded, wording: Wording, term_names: Mapping[str, str]
) -> list[Finding]:
    """Return what was recorded, in the contract's order; what was not is left out.

    Parameters
    ----------
    term_names : mapping of str to str
        Names of terms by code.
    """
    found = []
    for name, value in (recorded.input or {}).items():
        feature = wording.contract.recorded.get(name)
        if feature is None or value in (None, [], ()):
            continue
        if isinstance(feature, TermsFeature):
            shown = [f"{term_names.get(code, code)} ({code})" for code in value]
        else:
            shown = [wording.value(feature, value)]
        found.append(Finding(feature.description, shown))
    return found
