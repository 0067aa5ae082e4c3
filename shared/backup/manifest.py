"""What a backup says of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from packaging.version import Version
from pydantic import Field, field_validator

from shared.errors import SettingsError
from shared.settings_file import StrictModel

Role = Literal["node", "coordinator"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class KeptFile(StrictModel):
    """One file of a backup.

    Attributes
    ----------
    mode : int
        Who may read it, as the file system has it.
    """

    sha256: Digest
    size: int = Field(ge=0)
    mode: int = Field(ge=0, le=0o777)


class BackupManifest(StrictModel):
    """Everything that a backup holds.

    Attributes
    ----------
    software : str
        Version that made it; an older one does not read it.
    made : str
        ISO 8601, UTC.
    folder : str
        Where it was; what is named by its whole path is found there only.
    files : dict of str to KeptFile
        By path inside the folder.
    elsewhere : list of str
        Databases on servers, without passwords: their own backup is not in here.
    """

    format: Literal["juntos-backup"] = "juntos-backup"
    format_version: Literal[1] = 1
    role: Role
    software: str
    made: str
    folder: str
    files: dict[str, KeptFile]
    elsewhere: list[str] = Field(default_factory=list)

    @field_validator("software")
    @classmethod
    def _is_a_version(cls, text: str) -> str:
        # InvalidVersion is a ValueError, which pydantic tells as any other.
        return str(Version(text))

    def check(self, role: Role, software: str) -> None:
        """Refuse a backup of another role, or of software that is newer.

        Raises
        ------
        SettingsError
        """
        if self.role != role:
            raise SettingsError(
                f"This is a backup of a {self.role}, not of a {role}.",
                f"Give it to `juntos {self.role} restore`.",
            )
        if Version(self.software) > Version(software):
            raise SettingsError(
                f"Juntos {self.software} made this backup, and this is {software}.",
                "Install that version, or a newer one.",
            )
