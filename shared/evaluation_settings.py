"""What a run that judges a finished model asks for."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel


class EvaluationSettings(StrictModel):
    """A run that has hospitals judge a model on the rows they hold out, and trains nothing.

    Attributes
    ----------
    enabled : bool
    model : str
        ``run-0003/boosted_trees`` or ``NAME:VERSION``; empty for the model in use.
    """

    enabled: bool = False
    model: str = Field(default="", max_length=200)
