"""One patient's resources into a case, through the hospital's own mapping."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.serving.case import Case, Value
from client.serving.case_problem import CaseError, CaseProblem
from client.serving.case_reader import TerminologyOf
from client.sources.fhir.settings import (
    INDEX_DATE,
    LAST_SEEN,
    PATIENT,
    FhirSettings,
)
from shared.contract import Contract, TermsFeature
from shared.errors import Problem, SettingsError

if TYPE_CHECKING:
    from client.api.fhir.bundle_export import BundleExport
    from client.sources.mapping import ColumnSettings, Mapping
    from client.sources.raw_table import RawTable

ONE_PATIENT = "the resources of one patient"


@dataclass(frozen=True)
class FhirCase:
    """What a request says of a patient.

    Attributes
    ----------
    case : Case
    patient : str
        The id of the Patient resource.
    """

    case: Case
    patient: str


class PatientReading:
    """Reads cases from FHIR resources as training reads records from them.

    Parameters
    ----------
    contract : Contract
        The hospital's.
    mapping_file : Path
        A mapping whose source is FHIR.
    terminology_of : callable
        Returns the terminology of a code system.

    Raises
    ------
    SettingsError
        When the mapping cannot be used, or its source is another.
    """

    def __init__(
        self, contract: Contract, mapping_file: Path, terminology_of: TerminologyOf
    ) -> None:
        from client.sources.agreement import check_agreement
        from client.sources.mapping import load_mapping
        from client.sources.renamed_mapping import under_contract

        self._contract = contract
        self._folder = mapping_file.parent
        self._mapping: Mapping = under_contract(contract, load_mapping(mapping_file))
        self._terminology_of = terminology_of
        check_agreement(contract, self._mapping, str(mapping_file))
        if not isinstance(self._mapping.source, FhirSettings):
            raise SettingsError(
                f"{mapping_file} does not read FHIR.",
                "Write one that does, and name it under [fhir] mapping in api.toml.",
            )
        self._source: FhirSettings = self._mapping.source

    @property
    def types(self) -> list[str]:
        """The types of resources that say something of a patient, beside Patient itself."""
        columns = {each.column for each in self._mapping.column}
        found = [each.resource for each in self._source.field if set(each.columns) & columns]
        dated = self._source.one_row_per == "encounter" or self._source.index in {
            LAST_SEEN,
            "first_encounter",
            "last_encounter",
        }
        return list(dict.fromkeys([*found, *(["Encounter"] if dated else [])]))

    def read(self, export: BundleExport, asked: Collection[str] | None = None) -> FhirCase:
        """Read one patient.

        Parameters
        ----------
        asked : collection of str, optional
            Types of resources of which all that there are came along. Of other types, nothing can
            be said to be absent; without it, these are the types that did not come.

        Raises
        ------
        CaseError
            With everything that does not meet the contract.
        DataError
            When there is no patient.
        """
        table = self._table(export, self._source)
        if table.cells[INDEX_DATE].isna().all() and self._source.index == LAST_SEEN:
            # Nothing is dated: the patient is seen today.
            today = {"index": datetime.now(UTC).date()}
            table = self._table(export, self._source.model_copy(update=today))
        if len(table.rows) != 1:
            raise CaseError([CaseProblem("Patient", ONE_PATIENT, "Ask for each by itself.")])
        covered = export.types if asked is None else {*asked, *export.types}
        unknown = self._unknown_columns(covered)
        problems = [_of_resource(each) for each in table.problems if each.column not in unknown[1]]
        values = {
            name: self._value(name, table, unknown[0], problems) for name in self._contract.recorded
        }
        if problems:
            raise CaseError(list(dict.fromkeys(problems)))
        return FhirCase(Case(values), str(table.cells[PATIENT].iloc[0]))

    def _table(self, export: BundleExport, source: FhirSettings) -> RawTable:
        from client.sources.fhir.source import FhirSource
        from client.sources.raw_table import one_table

        units = {each.column: each.unit for each in self._mapping.column if each.unit is not None}
        wanted = [each.column for each in self._mapping.column]
        wanted += [each.unit_column for each in self._mapping.column if each.unit_column]
        columns = list(dict.fromkeys([PATIENT, INDEX_DATE, *wanted]))
        return one_table(FhirSource(source, self._folder, units, export).batches(columns))

    def _unknown_columns(self, covered: Collection[str]) -> tuple[set[str], set[str]]:
        """Return the columns whose resources were not asked for, and all that know an otherwise.

        A source that lacks a type of resource is refused, since a file may have been forgotten.
        Here, what was not asked for is not known, and what was asked for and is absent counts.
        """
        fields = [
            each for each in self._source.field if getattr(each, "otherwise", None) is not None
        ]
        unknown = {each.name for each in fields if each.resource not in covered}
        return unknown, {each.name for each in fields}

    def _value(
        self, name: str, table: RawTable, unknown: set[str], problems: list[CaseProblem]
    ) -> Value:
        settings = next((each for each in self._mapping.column if each.feature == name), None)
        if settings is None or settings.column in unknown or settings.column not in table.cells:
            return () if isinstance(self._contract.recorded[name], TermsFeature) else None
        found, wrong = self._converted(settings, table)
        problems += [CaseProblem(name, each.expected, each.fix) for each in wrong]
        return found

    def _converted(self, settings: ColumnSettings, table: RawTable) -> tuple[Value, list[Problem]]:
        from client.sources.conversion import RawColumn, convert
        from client.sources.numbers import Place

        cells, feature = table.cells, self._contract.recorded[settings.feature]
        raw = RawColumn(
            cells[settings.column],
            cells[settings.unit_column] if settings.unit_column else None,
            settings,
            Place("the request", settings.column, table.rows),
            frozenset([*self._mapping.rows.missing, *settings.missing]),
            self._mapping.decimal,
        )
        known = None
        if isinstance(feature, TermsFeature):
            known = self._terminology_of(feature.code_system).is_known
        series, wrong = convert(raw, feature, known)
        return _plain(series.iloc[0]), wrong


def _plain(value: Any) -> Value:  # noqa: ANN401 - a cell
    if value is None or value != value:
        return None
    return float(value) if isinstance(value, float) else value


def _of_resource(problem: Problem) -> CaseProblem:
    return CaseProblem(problem.column or "Bundle", problem.expected, problem.fix)
