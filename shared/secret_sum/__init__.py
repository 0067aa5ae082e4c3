"""Sums that hide what each hospital adds: the coordinator sees the sum and nothing else.

Each pair of hospitals agrees on a secret once a run (`key_offer`, `pair_secrets`). For every
question it gives the pair a fresh mask that one of them adds and the other subtracts (`masks`), so
that the masks are gone from the sum of all members' answers (`question`) and from no other sum.
Masks are never revealed; a question that lost a hospital is asked again without it.

What is hidden: from the coordinator, and from hospitals that work with it, everything about the
vectors of the others but their sum, as long as there are at least two others, and all hospitals
named in a question are real (see the pins of `key_offer.verified_key`). What is not: the sum
itself, which noise must protect, and with it the difference of two sums over different members.

After the pairwise masks of Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving
Machine Learning", CCS 2017, section 4.
"""

from shared.secret_sum.fixed_point import FixedPoint
from shared.secret_sum.key_offer import KeyOffer
from shared.secret_sum.masks import Vector
from shared.secret_sum.question import SecretQuestion

__all__ = ["FixedPoint", "KeyOffer", "SecretQuestion", "Vector"]
