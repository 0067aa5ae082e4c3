"""What attacks found, and the formal promise beside it, in words."""

from __future__ import annotations

from shared.attacks import AttributeRisk, MembershipRisk, Rate
from shared.privacy.guarantee import Guarantee

NO_GUARANTEE = "none: trained without formal privacy"
NOT_ATTACKED = "not attacked"
MEANING = (
    "AUC is the chance that the model is surer of a patient it learned from than of one it did "
    "not; 0.5 is guessing, 1 gives everyone away. The likelihood ratio is what an attacker finds "
    "who has models and patients of his own: here each hospital's. Only an epsilon bounds what "
    "anyone can find."
)


def epsilon_words(guarantee: Guarantee | None) -> str:
    """Write the formal promise, or that there is none."""
    if guarantee is None:
        return NO_GUARANTEE
    words = f"{guarantee.epsilon:.3g} at delta {guarantee.delta:.3g}, for each patient"
    if guarantee.assumed_honest == 1:
        return words
    return f"{words}, if {guarantee.assumed_honest} hospitals add their noise as agreed"


def auc_words(risk: MembershipRisk | None) -> str:
    """Write how well training rows are told from others, with its interval."""
    if risk is None:
        return NOT_ATTACKED
    return f"{risk.auc:.3f} (95% interval {risk.low:.3f} to {risk.high:.3f})"


def attribute_words(guessed: tuple[str, AttributeRisk] | None) -> str:
    """Write which feature training rows give away most, beyond what medicine tells of others."""
    if guessed is None:
        return NOT_ATTACKED
    feature, risk = guessed
    return (
        f"at most {feature}: right for {risk.of_members:.1%} of training rows and "
        f"{risk.of_others:.1%} of others (difference {100 * risk.advantage:+.1f} points, 95% "
        f"interval {100 * risk.low:+.1f} to {100 * risk.high:+.1f})"
    )


def rate_words(rate: Rate | None) -> str:
    """Write the share of training rows that an attacker recognises, with its interval."""
    if rate is None:
        return NOT_ATTACKED
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"


def membership_meaning(risk: MembershipRisk | None) -> str:
    """Say in a sentence what the attack means for a patient."""
    if risk is None:
        return "It is not known whether the model's answers give away who it learned from."
    if risk.low <= 0.5:
        return (
            f"On {risk.members:,} training and {risk.others:,} held-out rows, the model's answers "
            "did not tell the two apart beyond chance."
        )
    return (
        "Given a training patient and another one, whoever asks the model about both can tell "
        f"which is which {100 * risk.auc:.0f} times of 100 instead of 50."
    )
