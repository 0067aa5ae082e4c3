"""An expression that cannot be used, with the place where it goes wrong."""

from __future__ import annotations

SHOWN_BEFORE = 80
SHOWN = 100


class ExpressionError(ValueError):
    """Something wrong with an expression.

    Parameters
    ----------
    text : str
        The whole expression.
    position : int
        Of the first character that is wrong, from 0.
    what : str
        What is wrong, and what would be right.
    """

    def __init__(self, text: str, position: int, what: str) -> None:
        self.position = min(max(position, 0), len(text))
        before = text[: self.position]
        self.line = before.count("\n") + 1
        self.column = self.position - (before.rfind("\n") + 1) + 1
        # Of a very long line only what stands around the place.
        start = max(0, self.column - SHOWN_BEFORE)
        shown = text.split("\n")[self.line - 1][start : start + SHOWN].replace("\t", " ")
        super().__init__(
            f"line {self.line}, column {self.column}: {what}\n"
            f"    {shown}\n    {' ' * (self.column - 1 - start)}^"
        )
        self.what = what
