"""Where a secret is: never in a settings file, which is read by many and kept in backups."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, model_validator

from shared.errors import SettingsError
from shared.settings_file import StrictModel


class SecretSource(StrictModel):
    """A secret of a settings file: ``{ env = "NAME" }`` or ``{ file = "PATH" }``.

    Attributes
    ----------
    env : str or None
        Name of an environment variable.
    file : Path or None
        Relative to the folder of the settings; spaces and line ends around the secret do not count.
    """

    env: str | None = Field(default=None, min_length=1)
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> SecretSource:
        if (self.env is None) == (self.file is None):
            raise ValueError("say where the secret is with one of env and file")
        return self

    def read(self, folder: Path) -> str:
        """Return the secret.

        Parameters
        ----------
        folder : Path
            Of the settings.

        Raises
        ------
        SettingsError
            When it is not there, or empty; the message names the place alone.
        """
        if self.env is not None:
            secret, place = os.environ.get(self.env, ""), f"environment variable {self.env}"
        else:
            secret, place = self._content(folder), f"file {self.file}"
        if not secret.strip():
            raise SettingsError(f"The {place} holds no secret.", "Set it for this service.")
        return secret.strip()

    def _content(self, folder: Path) -> str:
        try:
            return (folder / (self.file or "")).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise SettingsError(
                f"The secret in {self.file} cannot be read.",
                "Check that the file is there and that this account may read it.",
            ) from None
