"""Who signed for it, whose standing sign-off covers it, and who is still asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.promotion.decision import Reason
from server.promotion.evidence import Evidence
from server.promotion.sign_off import StandingSignOff


@dataclass
class Signatures:
    """What was found.

    Attributes
    ----------
    signed, waits : list of str
    """

    signed: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def check_signatures(evidence: Evidence) -> Signatures:
    """Match those who are asked with those who signed, for this run or in advance."""
    found = Signatures()
    given = {each.name for each in evidence.signatures.given}
    for name in evidence.signatures.asked:
        standing = [each for each in evidence.signatures.standing if each.name == name]
        covering = [each for each in standing if covers(each, evidence)]
        if name in given:
            found.signed.append(name)
            found.reasons.append(_reason("signature.given", name))
        elif covering:
            found.signed.append(name)
            values: dict[str, str | int | float] = {
                "name": name,
                "until": max(each.ends_on for each in covering).isoformat(),
            }
            found.reasons.append(Reason(key="signature.standing", speaks="note", values=values))
        else:
            found.waits.append(name)
            key = "signature.beyond" if standing else "signature.waits"
            found.reasons.append(_reason(key, name))
    return found


def _reason(key: str, name: str) -> Reason:
    return Reason(key=key, speaks="note", values={"name": name})


def covers(standing: StandingSignOff, evidence: Evidence) -> bool:
    """Whether a sign-off given in advance holds on the day, and for a challenger like this."""
    if not standing.holds_on(evidence.date) or evidence.overall is None:
        return False
    if evidence.overall.table.gain < standing.least_gain:
        return False
    drops = [-each.table.gain for each in evidence.classes.values() if each.table]
    return max(drops, default=0.0) <= standing.largest_class_drop
