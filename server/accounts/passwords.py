"""Passwords: which ones are taken, and what is kept of them."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from shared.errors import SettingsError

LONGEST = 256
# The strength is judged by this many characters.
JUDGED = 72
# Who may try ten times a second for a year makes 3e8 tries.
LEAST_GUESSES = 1e9


class WeakPasswordError(SettingsError):
    """A password that is too short, or that others would guess.

    Attributes
    ----------
    kind : {"short", "long", "guessed"}
        Which of the sentences of a page says it.
    """

    def __init__(self, kind: str, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.kind = kind


def check_password(password: str, least: int, personal: Iterable[str]) -> None:
    """Refuse a password that is easily found out; nothing leaves this machine.

    Length and a list of common passwords and patterns are all that NIST SP 800-63B, section 5.1.1,
    asks for: neither signs nor digits are demanded.

    Parameters
    ----------
    least : int
        Characters.
    personal : iterable of str
        What is known of its owner: the account's name, the federation's.

    Raises
    ------
    WeakPasswordError
    """
    from zxcvbn import zxcvbn

    plain = _normal(password)
    if len(plain) < least:
        raise WeakPasswordError(
            "short", f"The password has fewer than {least} characters.", "Take several words."
        )
    if len(plain) > LONGEST:
        raise WeakPasswordError(
            "long", f"The password has more than {LONGEST} characters.", "Take a shorter one."
        )
    found = zxcvbn(plain[:JUDGED], user_inputs=[*personal, *_local_words()])
    if float(found["guesses"]) < LEAST_GUESSES:
        raise WeakPasswordError(
            "guessed", "The password is easily guessed.", "Take several words without a connection."
        )


class Passwords:
    """Hashes passwords with Argon2id (RFC 9106), two at a time: each needs 64 MiB.

    Parameters
    ----------
    hasher : PasswordHasher, optional
        With the parameters that argon2-cffi takes for the second choice of the RFC.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = threading.BoundedSemaphore(2)
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._places:
            return self._hasher.hash(_normal(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Return whether it is the password; it takes as long where there is none."""
        try:
            with self._places:
                self._hasher.verify(kept or self._dummy(), _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def _dummy(self) -> str:
        self._nobodys = self._nobodys or self._hasher.hash("nobody's")
        return self._nobodys


@cache
def _local_words() -> list[str]:
    """Return what people here would take; the library's own lists are of English words."""
    file = resources.files("server.accounts") / "common_words.txt"
    return file.read_text(encoding="utf-8").split()


def _normal(password: str) -> str:
    """Return the same characters however a keyboard wrote them (RFC 8265)."""
    return unicodedata.normalize("NFC", password[: LONGEST + 1])
