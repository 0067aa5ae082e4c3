"""Answering questions whose answers are summed secretly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from client.secret_sum.kept_vector import Draw, KeptVector
from client.secret_sum.run_key import RunKey
from shared.errors import JuntosError, SettingsError
from shared.secret_sum.key_offer import KeyOffer, verified_key
from shared.secret_sum.masks import Vector, masked
from shared.secret_sum.pair_secrets import mask_seed, pair_secret
from shared.secret_sum.question import FEWEST_MEMBERS, SecretQuestion


class HospitalSums:
    """One hospital in the secret sums of one run: three steps, `offer`, `accept`, `answer`.

    Parameters
    ----------
    key : RunKey
        Made for this run, by this process.
    authority : str
        PEM of the federation's authority.
    smallest_cohort : int
        The policy's: of fewer hospitals no sum is answered.
    pins : mapping of str to str, optional
        See `shared.secret_sum.key_offer.verified_key`.

    Raises
    ------
    SettingsError
        When the smallest cohort is below two, of which one's vector would be seen.
    """

    def __init__(
        self,
        key: RunKey,
        authority: str,
        smallest_cohort: int,
        pins: Mapping[str, str] | None = None,
    ) -> None:
        if smallest_cohort < FEWEST_MEMBERS:
            raise SettingsError(
                "The smallest cohort of a secret sum is two hospitals.", "Raise it in policy.toml."
            )
        self._key = key
        self._authority = authority
        self._smallest_cohort = smallest_cohort
        self._pins = pins
        self._secrets: dict[str, bytes] = {}
        self._refused: dict[str, str] = {}
        self._kept = KeptVector()

    @property
    def offer(self) -> KeyOffer:
        """What the coordinator passes on to the other hospitals."""
        return self._key.offer

    def accept(self, offers: Iterable[KeyOffer]) -> dict[str, str]:
        """Check the other hospitals' keys and agree on a secret with each.

        May be called again with the keys of hospitals that came later or were started anew; its own
        offer among them is passed over.

        Returns
        -------
        dict of str to str
            The hospitals whose keys are refused, with the reason. A question with one of them as a
            member is refused.
        """
        refused = {}
        for offer in offers:
            if offer.hospital == self.offer.hospital:
                continue
            self._secrets.pop(offer.hospital, None)
            try:
                self._secrets[offer.hospital] = self._agree(offer)
            except JuntosError as error:
                refused[offer.hospital] = error.what
        self._refused |= refused
        return refused

    def answer(self, question: SecretQuestion, draw: Draw, *, noise_is_whole: bool) -> Vector:
        """Return this hospital's vector under fresh masks.

        Only the sum of all members' answers tells anything; each by itself is uniformly random to
        whoever does not work together with all other members.

        Parameters
        ----------
        question : SecretQuestion
        draw : callable
            Computes the vector, int64 of any shape, spends its privacy budget and adds the noise.
            Called at most once for each attempt, and only for a question that is answered. What it
            raises is passed on, and the question counts as not answered.
        noise_is_whole : bool
            Whether this hospital's noise alone protects its vector. Then a question that is asked
            again without lost hospitals is answered with the same vector, and nothing is spent
            twice: two sums, with and without a hospital, tell that hospital's noised vector, which
            its noise was made for. Where hospitals add shares of the noise, say False: each attempt
            then draws anew and spends anew. A vector without any noise is told in full by two such
            sums, whatever is said here.

        Returns
        -------
        ndarray of int64, of the vector's shape
            The same, bit for bit, when the same attempt is asked for again.

        Raises
        ------
        JuntosError
            When the question is of another run, has too few members, lacks this hospital, names a
            hospital without a good key, was answered before for other members, or is an attempt
            that does more than take hospitals out.
        """
        self._check(question)
        vector = self._kept.vector_for(question, draw, noise_is_whole=noise_is_whole)
        own = self.offer.hospital
        others = (name for name in question.members if name != own)
        seeds = {name: mask_seed(self._secrets[name], question) for name in others}
        return masked(vector, own, seeds)

    def _agree(self, offer: KeyOffer) -> bytes:
        public = verified_key(offer, self.offer.run, self._authority, self._pins)
        own = (self.offer.hospital, self._key.private)
        try:
            return pair_secret(own, (offer.hospital, public), self.offer.run)
        except ValueError:
            raise JuntosError(f"The key of hospital {offer.hospital!r} hides nothing.") from None

    def _check(self, question: SecretQuestion) -> None:
        own, members = self.offer.hospital, question.members
        if question.run != self.offer.run:
            raise JuntosError("the secret sum is of another run")
        if own not in members:
            raise JuntosError(f"{own} is not among the members of the secret sum")
        if len(members) < self._smallest_cohort:
            raise JuntosError(
                f"a sum of {len(members)} hospitals; {own} answers from {self._smallest_cohort} on"
            )
        unknown = [each for each in members if each != own and each not in self._secrets]
        if unknown:
            reasons = [self._refused.get(each, f"{each} offered no key.") for each in unknown]
            raise JuntosError("members without a good key: " + " ".join(reasons))
