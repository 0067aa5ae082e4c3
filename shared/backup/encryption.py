"""Backups are encrypted for a key that is not on the machine, in the format of age.

https://age-encryption.org/v1, by pyrage: whoever has the key can open a backup without Juntos.
"""

from __future__ import annotations

from pathlib import Path

import pyrage
from pyrage import x25519

from shared.errors import DataError, SettingsError

HEADER = b"age-encryption.org/v1"


def recipient_of(text: str) -> x25519.Recipient:
    """Read a public key, ``age1...``.

    Raises
    ------
    SettingsError
    """
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise SettingsError(
            f"{text!r} is no public key of age.",
            "It begins with age1; `juntos node backup --new-key FILE` makes a pair.",
        ) from None


def identity_in(path: Path) -> x25519.Identity:
    """Read a file as age-keygen writes it, with a line ``AGE-SECRET-KEY-1...``.

    Raises
    ------
    SettingsError
        When there is none in the file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return x25519.Identity.from_str(next(each for each in lines if each.startswith("AGE-")))
    except (OSError, UnicodeDecodeError, StopIteration, pyrage.IdentityError):
        raise SettingsError(
            f"{path} holds no private key of age.", "Give the file that was made with --new-key."
        ) from None


def write_new_key(path: Path) -> str:
    """Make a pair of keys, write the private one, return the public one.

    Raises
    ------
    SettingsError
        When the file exists.
    """
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(f"# public key: {public}\n{identity}\n")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.", "") from None
    return public


def is_encrypted(path: Path) -> bool:
    """Return whether a file is in age's format."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def encrypt(plain: Path, sealed: Path, recipient: x25519.Recipient) -> None:
    """Encrypt a file, a piece at a time."""
    with plain.open("rb") as source, sealed.open("wb") as target:
        pyrage.encrypt_io(source, target, [recipient])


def decrypt(sealed: Path, plain: Path, identity: x25519.Identity) -> None:
    """Decrypt a file, a piece at a time.

    Raises
    ------
    DataError
        When it is for another key, cut or changed.
    """
    try:
        with sealed.open("rb") as source, plain.open("wb") as target:
            pyrage.decrypt_io(source, target, [identity])
    except (pyrage.DecryptError, OSError):
        raise DataError(
            f"{sealed} cannot be opened: it is for another key, or was cut or changed.",
            "Give the private key that it was made for, and the whole file.",
        ) from None
