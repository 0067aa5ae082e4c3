"""What a contract says about the names of its earlier versions: ``[[renamed]]``."""

from __future__ import annotations

from pydantic import model_validator

from shared.coded_value import Code
from shared.settings_file import StrictModel


class Renaming(StrictModel):
    """One feature, code or class that has another name than in an earlier version.

    Attributes
    ----------
    feature : str or None
        The feature as it was called, or, with `code`, the feature as it is called now.
    code : str or None
        The code of that feature as it was.
    target : str or None
        The class as it was.
    to : str
        What it is called now.
    """

    feature: Code | None = None
    code: Code | None = None
    target: Code | None = None
    to: Code

    @model_validator(mode="after")
    def _says_of_what(self) -> Renaming:
        if (self.feature is None) == (self.target is None):
            raise ValueError("say which feature or which target was renamed, and not both")
        if self.code is not None and self.feature is None:
            raise ValueError("say with feature whose code was renamed")
        return self
