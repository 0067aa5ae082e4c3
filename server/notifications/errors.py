"""What can go wrong on the way to somebody."""

from __future__ import annotations

from shared.errors import JuntosError


class UndeliveredError(JuntosError):
    """Nobody took a message."""
