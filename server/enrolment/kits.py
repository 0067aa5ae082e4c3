"""Kits: the file a coordinator hands to a hospital so that it can join."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

import tomli_w

from shared.enrolment import Kit, write_private

TOKEN_BYTES = 32


def new_token() -> str:
    """Return 256 random bits as text that is safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is stored of a token. It is random, so that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def same_hash(left: str, right: str) -> bool:
    """Compare in a time that says nothing about where two hashes differ."""
    return hmac.compare_digest(left, right)


def write_kit(kit: Kit, folder: Path) -> Path:
    """Write ``NAME.kit.toml`` for its owner's eyes only; an older kit of that name is replaced."""
    path = folder / f"{kit.hospital}.kit.toml"
    path.unlink(missing_ok=True)
    content = tomli_w.dumps(kit.model_dump(), multiline_strings=True)
    write_private(path, content.encode())
    return path
