"""What a Grid may be able to do beyond Flower's interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Gathering(Protocol):
    """A Grid whose hospitals need a moment to come in."""

    def gather(self) -> None:
        """Wait until all that are on the way are in."""


@runtime_checkable
class Measured(Protocol):
    """A Grid that counts what it carries."""

    @property
    def bytes_sent(self) -> int:
        """Running total to hospitals."""

    @property
    def bytes_received(self) -> int:
        """Running total from hospitals."""


@runtime_checkable
class Mixed(Protocol):
    """A Grid that reaches some hospitals another way."""

    @property
    def without_stream(self) -> Mapping[int, str]:
        """These hospitals, with the reason."""
