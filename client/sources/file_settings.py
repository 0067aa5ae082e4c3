"""The ``[source]`` of a mapping whose data are files: CSV, Excel, Parquet, here or in the cloud."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from shared.settings_file import StrictModel

AUTOMATIC = "auto"
STORAGES = ("s3", "gs", "gcs", "abfs", "abfss", "az", "https")


def _without_secrets(path: str) -> str:
    """Refuse an address that is none, or that holds what only the environment should."""
    if "://" not in path:
        return path
    parts = urlsplit(path)
    if parts.scheme not in STORAGES:
        raise ValueError(f"an address starts with one of {', '.join(STORAGES)} and ://")
    if parts.password is not None or parts.query:
        raise ValueError(
            "an address holds no password and nothing after ?; credentials come from the "
            "environment, or a profile named in [source.storage]"
        )
    return path


# A path relative to the mapping file's folder, or the address of what lies on cloud storage.
DataPath = Annotated[str, Field(min_length=1), AfterValidator(_without_secrets)]


class StorageSettings(StrictModel):
    """How cloud storage is reached; credentials come from the environment, never from here.

    Attributes
    ----------
    endpoint_url : str or None
        Of a storage that speaks S3 but is not Amazon's, such as ``https://storage.hospital.example``.
    profile : str or None
        Named profile of the machine's AWS settings.
    region : str or None
        AWS region.
    account_name : str or None
        Azure storage account.
    project : str or None
        Google Cloud project.
    anonymous : bool
        For public files: without credentials.
    """

    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^@?\s]+$")
    profile: str | None = Field(default=None, min_length=1)
    region: str | None = Field(default=None, min_length=1)
    account_name: str | None = Field(default=None, min_length=1)
    project: str | None = Field(default=None, min_length=1)
    anonymous: bool = False


class FileSettings(StrictModel):
    """What all files have.

    Attributes
    ----------
    path : str
        Relative to the mapping file's folder, or an address such as ``s3://bucket/patients.csv``.
    storage : StorageSettings
    """

    path: DataPath
    storage: StorageSettings = StorageSettings()


class CsvSettings(FileSettings):
    """A text file with a header line; also compressed, with a name that ends in ``.gz``.

    Attributes
    ----------
    encoding : str
        ``auto`` looks at the file, and says what it found.
    decimal : {".", ","}
        The decimal sign of its numbers.
    """

    kind: Literal["csv"]
    separator: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."

    @field_validator("separator")
    @classmethod
    def _separates(cls, separator: str) -> str:
        if separator in '"\r\n':
            raise ValueError("a quotation mark or a line end cannot separate cells")
        return separator

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        if encoding == AUTOMATIC:
            return encoding
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError("no such encoding; try utf-8, cp1252, latin-1 or auto") from None
        return encoding


class ExcelSettings(FileSettings):
    """A sheet of a spreadsheet, ``.xlsx`` or ``.xls``.

    Attributes
    ----------
    sheet : str or None
        Its name; may be left out where there is only one.
    header_row : int
        The row that names the columns, as the spreadsheet numbers it.
    decimal : {".", ","}
        The decimal sign of numbers that are kept as text.
    """

    kind: Literal["excel"]
    sheet: str | None = Field(default=None, min_length=1)
    header_row: int = Field(default=1, ge=1)
    decimal: Literal[".", ","] = "."


class ParquetSettings(FileSettings):
    """A Parquet file, or a folder of them; ``key=value`` folders inside are columns."""

    kind: Literal["parquet"]
