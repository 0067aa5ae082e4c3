"""A hospital's part in secret sums, run by run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from client.secret_sum.hospital_sums import HospitalSums
from client.secret_sum.run_key import RunKey
from shared.errors import JuntosError
from shared.secret_sum.question import FEWEST_MEMBERS


class TakingPart:
    """Makes a key for each run, and forgets it when the next one comes.

    Parameters
    ----------
    make_key : callable
        Given a run, makes the hospital's key pair for it.
    authority : str
        PEM of the federation's authority.
    pins : mapping of str to str, optional
        See `shared.secret_sum.key_offer.verified_key`.
    """

    def __init__(
        self,
        make_key: Callable[[str], RunKey],
        authority: str,
        pins: Mapping[str, str] | None = None,
    ) -> None:
        self._make_key = make_key
        self._authority = authority
        self._pins = pins
        self._run = ""
        self._sums: HospitalSums | None = None

    def begin(self, run: str, smallest_cohort: int) -> HospitalSums:
        """Return the sums of a run; a new run gets a new key."""
        if self._sums is None or self._run != run:
            cohort = max(smallest_cohort, FEWEST_MEMBERS)
            self._sums = HospitalSums(self._make_key(run), self._authority, cohort, self._pins)
            self._run = run
        return self._sums

    def of(self, run: str) -> HospitalSums:
        """Return the sums of a run that was begun.

        Raises
        ------
        JuntosError
            When it was not, or this process was started since.
        """
        if self._sums is None or self._run != run:
            raise JuntosError("a secret sum without keys; this process may have been started anew")
        return self._sums
