"""How often somebody may try a password."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shared.http.rate_limits import RateLimits

# One address: a ward behind one router must be able to work.
ADDRESS_EVERY_SECONDS, ADDRESS_BURST = 10, 30
# One account, by browsers that nobody signed in to it with before.
ACCOUNT_EVERY_SECONDS, ACCOUNT_BURST = 15, 10
KNOWN_EVERY_SECONDS, KNOWN_BURST = 15, 10


class SignInLimits:
    """Slows down who guesses, and locks nobody out.

    Whoever tries passwords of an account from everywhere uses up what browsers unknown to it may
    try; its owner's own browser has a count of its own, and links that sign in once have none.

    Parameters
    ----------
    clock : callable
        Returns seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._addresses = RateLimits(1 / ADDRESS_EVERY_SECONDS, ADDRESS_BURST, clock)
        self._accounts = RateLimits(1 / ACCOUNT_EVERY_SECONDS, ACCOUNT_BURST, clock)
        self._browsers = RateLimits(1 / KNOWN_EVERY_SECONDS, KNOWN_BURST, clock)

    def take(self, address: str, account: str, browser: str) -> float:
        """Take one try.

        Parameters
        ----------
        browser : str
            Digest of the sign of a browser that is known to the account; empty otherwise.

        Returns
        -------
        float
            Seconds until one may try again; 0 where this try is granted.
        """
        with self._lock:
            wait = self._addresses.take(address)
            if wait:
                # Who is slowed down uses nothing up of the account.
                return wait
            if browser:
                return self._browsers.take(browser)
            return self._accounts.take(account)

    def take_without_account(self, address: str) -> float:
        """Take one try of an address at what knows no account yet; return as `take` does."""
        with self._lock:
            return self._addresses.take(address)
