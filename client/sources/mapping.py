"""The mapping file: how a hospital's own columns and codes become the contract's."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)

from client.sources.codes import normalise_code
from client.sources.fhir.settings import FhirSettings
from client.sources.file_settings import CsvSettings, ExcelSettings, ParquetSettings
from client.sources.omop.settings import OmopSettings
from client.sources.phenopackets.settings import PhenopacketsSettings
from shared.analytes import known_analyte
from shared.settings_file import StrictModel, load

ColumnName = Annotated[str, Field(min_length=1)]


def _normalise_keys(value: object) -> object:
    if not isinstance(value, AnyMapping):
        return value
    codes: dict[str, object] = {}
    for local, code in value.items():
        normal = normalise_code(local)
        if codes.get(normal, code) != code:
            raise ValueError(f"the local code {normal!r} has two meanings (1 and 1.0 are one code)")
        codes[normal] = code
    return codes


LocalCode = Annotated[str, BeforeValidator(normalise_code)]
Codes = Annotated[dict[str, str], BeforeValidator(_normalise_keys)]


class SqlSettings(StrictModel):
    """A query of a database.

    Attributes
    ----------
    url : SecretStr
        Any SQLAlchemy URL. It may hold a password, so it is kept out of every message.
    query : str
        Its rows are the records. Naming the mapped columns keeps others out of the node's memory.
    """

    kind: Literal["sql"]
    url: SecretStr = Field(min_length=1)
    query: str = Field(min_length=1)


class RowSettings(StrictModel):
    """What is done with rows.

    Attributes
    ----------
    bad_rows : {"stop", "set_aside"}
        Refuse everything until each row is right, or go on with the good rows.
    patient : str or None
        Local column naming the patient. Read into pseudonyms that say which rows are of one person,
        then dropped.
    patient_rows : {"one", "several"}
        Whether a second row of a patient is an error, or one more record of the same person.
    missing : list of str
        Cell texts that mean missing in every column; an empty cell always does.
    date : str or None
        Local column with the date of the record. Read to see what changes with time, inside the
        hospital only; never a feature.
    date_format : str or None
        How dates are written, as in ``%d/%m/%Y``; without it, as in 2026-03-31.
    clinic : str or None
        Local column naming the clinic that wrote the record; read for the same purpose.
    """

    bad_rows: Literal["stop", "set_aside"] = "stop"
    patient: ColumnName | None = None
    patient_rows: Literal["one", "several"] = "one"
    missing: list[LocalCode] = Field(default_factory=lambda: [""])
    date: ColumnName | None = None
    date_format: str | None = None
    clinic: ColumnName | None = None

    @model_validator(mode="after")
    def _dates_are_somewhere(self) -> RowSettings:
        if self.date_format is not None and self.date is None:
            raise ValueError("say with date which column is written in date_format")
        return self

    @model_validator(mode="after")
    def _persons_are_told_apart(self) -> RowSettings:
        if self.patient_rows == "several" and self.patient is None:
            raise ValueError("say with patient which column tells whose the rows are")
        return self


class LabelSettings(StrictModel):
    """The column with the diagnosis, and the contract's class for each local code.

    `codes_file` and `codes_system` are as in `ColumnSettings`.
    """

    column: ColumnName
    codes: Codes = Field(default_factory=dict)
    codes_file: Path | None = None
    codes_system: str | None = None


class ColumnSettings(StrictModel):
    """A local column and the feature it holds; which keys apply depends on the feature's kind.

    Attributes
    ----------
    unit, unit_column : str or None
        Numeric: the unit of the whole column, or the column that names each row's unit.
    analyte : str or None
        Numeric: what the column measures, where it is not quite the feature's analyte but the same
        molecules: ``urea_nitrogen`` for urea.
    codes : dict of str to str or None
        Categorical and terms: local code to code of the contract.
    codes_file : Path or None
        Categorical and terms: a table of more codes, CSV or FHIR ConceptMap, relative to the
        mapping file's folder; `codes` goes before it.
    codes_system : str or None
        The code system of the cells, where the table is of several.
    true, false : list of str or None
        Flag: local codes for yes and no; 1/true and 0/false without them.
    separator : str or None
        Terms: what stands between the codes of one cell; ``;`` without it.
    scrub : bool or None
        Text: false leaves names, dates and numbers in the notes; without it they are replaced.
    missing : list of str
        Cell texts that mean missing in this column, besides those of ``[rows]``.
    """

    column: ColumnName
    feature: str
    unit: str | None = None
    unit_column: ColumnName | None = None
    analyte: Annotated[str, AfterValidator(known_analyte)] | None = None
    codes: Codes | None = None
    codes_file: Path | None = None
    codes_system: str | None = None
    true: list[LocalCode] | None = Field(default=None, min_length=1)
    false: list[LocalCode] | None = Field(default=None, min_length=1)
    separator: str | None = Field(default=None, min_length=1)
    scrub: bool | None = None
    missing: list[LocalCode] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_meaning(self) -> ColumnSettings:
        if self.unit is not None and self.unit_column is not None:
            raise ValueError("give unit or unit_column, not both")
        if set(self.true or ["1"]) & set(self.false or ["0"]):
            raise ValueError("true and false share a code (1 and 1.0 are one code)")
        return self


class Mapping(StrictModel):
    """A hospital's mapping file."""

    source: Annotated[
        CsvSettings
        | ExcelSettings
        | FhirSettings
        | OmopSettings
        | ParquetSettings
        | PhenopacketsSettings
        | SqlSettings,
        Field(discriminator="kind"),
    ]
    rows: RowSettings = RowSettings()
    label: LabelSettings
    column: list[ColumnSettings] = Field(min_length=1)

    @cached_property
    def local_columns(self) -> list[str]:
        """Every local column that is read, each once; no other is ever loaded."""
        columns = [each.column for each in self.column]
        units = [each.unit_column for each in self.column if each.unit_column]
        rows = [self.rows.patient, self.rows.date, self.rows.clinic]
        about_rows = [name for name in rows if name]
        return list(dict.fromkeys([*about_rows, *columns, *units, self.label.column]))

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that come as text."""
        if isinstance(self.source, CsvSettings | ExcelSettings):
            return self.source.decimal
        return "."


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file by itself, without its contract.

    Raises
    ------
    SettingsError
        Naming each key that is missing, unknown or wrong.
    """
    mapping = load(Mapping, path)
    if mapping.label.codes_file is None and all(each.codes_file is None for each in mapping.column):
        return mapping
    from client.sources.code_maps.in_mapping import with_code_files

    return with_code_files(mapping, path.parent)
