"""An observer for runs that nobody watches."""

from __future__ import annotations

from server.rounds import RoundRecord


class Silent:
    """An observer for whom rounds pass unnoticed."""

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Ignore."""

    def answered(self, record: RoundRecord) -> None:
        """Ignore."""
