"""What an attacker learns of training rows from a model's answers: measured before it is used."""

from shared.attacks.attributes import AttributeCounts, AttributeRisk, count_guesses
from shared.attacks.membership import MembershipCounts, count_membership, merge_membership
from shared.attacks.risk import MembershipRisk, Rate, membership_risk

__all__ = [
    "AttributeCounts",
    "AttributeRisk",
    "MembershipCounts",
    "MembershipRisk",
    "Rate",
    "count_guesses",
    "count_membership",
    "membership_risk",
    "merge_membership",
]
