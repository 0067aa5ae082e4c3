"""The ``[source]`` of a mapping whose kind is ``fhir``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from client.sources.fhir.fields import UNIT_SUFFIX, AnyField, DatedField
from client.sources.field_names import refuse_shared_names
from client.sources.file_settings import DataPath, StorageSettings
from shared.settings_file import StrictModel

PATIENT, AGE, GENDER, DECEASED = "patient", "age", "gender", "deceased"
INDEX_DATE, ENCOUNTER_CLASS = "index_date", "encounter_class"
# Columns that are there without a field.
OWN_COLUMNS = [PATIENT, AGE, AGE + UNIT_SUFFIX, GENDER, DECEASED, INDEX_DATE, ENCOUNTER_CLASS]
SEARCHED = [
    "Patient",
    "Encounter",
    "Observation",
    "Condition",
    "FamilyMemberHistory",
    "DocumentReference",
]
LAST_SEEN = "last_seen"
OF_ENCOUNTERS = {"first_encounter", "last_encounter"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _safe_address(address: str) -> str:
    """Refuse an address that would show a token or patients to whoever listens."""
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("write an address like https://host/fhir")
    if parts.username or parts.password:
        raise ValueError("an address holds neither user nor password; use [source.oauth]")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("patients travel by https only; http is for this machine itself")
    if parts.query or parts.fragment:
        raise ValueError("leave out what follows ? and #; see [source.search]")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_safe_address)]


class OAuthSettings(StrictModel):
    """How the node gets a token by the client credentials grant (RFC 6749, section 4.4).

    Attributes
    ----------
    client_secret_env, client_secret_file
        Where the secret is: an environment variable, or a file. The secret itself never stands in
        a mapping.
    authentication : {"basic", "body"}
        How the secret is sent to the token endpoint.
    """

    token_url: Address
    client_id: str = Field(min_length=1)
    client_secret_env: str | None = Field(default=None, min_length=1)
    client_secret_file: Path | None = None
    scope: str = ""
    authentication: Literal["basic", "body"] = "basic"

    @model_validator(mode="after")
    def _one_secret(self) -> OAuthSettings:
        if (self.client_secret_env is None) == (self.client_secret_file is None):
            raise ValueError("give client_secret_env or client_secret_file, and not both")
        return self


class FhirSettings(StrictModel):
    """A folder or file of FHIR R4 resources, or a server of them.

    Attributes
    ----------
    path : str or None
        A bulk export's folder or one of its files (``.ndjson``, also ``.gz``), a Bundle file or a
        folder of Bundle files (``.json``); relative to the mapping file's folder, or an address
        such as ``s3://bucket/export``.
    storage : StorageSettings
    server : str or None
        A server's base address, instead.
    one_row_per : {"patient", "encounter"}
    index : date or str
        The day at which age is reckoned, and which ``when = "before"`` looks back from:
        ``last_seen`` (the last encounter; without encounters the last dated resource that a field
        keeps), ``last_encounter``, ``first_encounter``, a day for all, or the name of a field of
        Conditions or Observations, for its first. Where rows are encounters, each one's beginning.
    encounter_class : list of str or None
        Codes of the encounters that count, such as ``IMP``; without it, all that took place.
    field : list
        The columns besides `OWN_COLUMNS`, which are always there.
    page_size : int
        Resources that a server is asked for at a time (``_count``).
    timeout_seconds : float
        How long to wait for a server to begin or go on with an answer.
    longest_wait_seconds : float
        How long a busy server may put the node off.
    ca_file : Path or None
        Certificates of the authority that signed the server's, instead of the usual ones.
    search : dict of str to str
        More search parameters by resource type, such as ``{ Patient = "organization=12" }``.
    """

    kind: Literal["fhir"]
    path: DataPath | None = None
    storage: StorageSettings = StorageSettings()
    server: Address | None = None
    one_row_per: Literal["patient", "encounter"] = "patient"
    index: Annotated[date | str, Field(union_mode="left_to_right")] = LAST_SEEN
    encounter_class: list[str] | None = Field(default=None, min_length=1)
    field: list[AnyField] = Field(default_factory=list)
    page_size: int = Field(default=500, ge=1, le=10_000)
    timeout_seconds: float = Field(default=60, gt=0)
    longest_wait_seconds: float = Field(default=120, ge=0)
    ca_file: Path | None = None
    oauth: OAuthSettings | None = None
    search: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_place(self) -> FhirSettings:
        if (self.path is None) == (self.server is None):
            raise ValueError("give path or server, and not both")
        given = [key for key in ("ca_file", "oauth", "search") if getattr(self, key)]
        if self.server is None and given:
            raise ValueError(f"{given[0]} is for a server, and the source is a path")
        return self

    @field_validator("search")
    @classmethod
    def _searched_types(cls, search: dict[str, str]) -> dict[str, str]:
        for kind in search:
            if kind not in SEARCHED:
                raise ValueError(
                    f"{kind} is none of the types that are read: {', '.join(SEARCHED)}"
                )
        return search

    @model_validator(mode="after")
    def _names_differ(self) -> FhirSettings:
        names = [name for each in self.field for name in each.columns]
        refuse_shared_names(names, OWN_COLUMNS)
        return self

    @model_validator(mode="after")
    def _index_is_known(self) -> FhirSettings:
        if self.one_row_per == "encounter" and self.index != LAST_SEEN:
            raise ValueError("leave out index: where rows are encounters, it is their beginning")
        if isinstance(self.index, str) and self.index not in {LAST_SEEN, *OF_ENCOUNTERS}:
            self._refuse_unfit_index(self.index)
        return self

    def _refuse_unfit_index(self, name: str) -> None:
        field = next((each for each in self.field if each.name == name), None)
        if field is None or field.resource not in {"Condition", "Observation"}:
            raise ValueError(
                f"index {name!r} is neither a day, last_seen, last_encounter, first_encounter nor "
                "a field of Conditions or Observations"
            )
        if isinstance(field, DatedField) and field.when == "before":
            raise ValueError(f"field {name!r} cannot be before the index date that it sets")

    @model_validator(mode="after")
    def _windows_exist(self) -> FhirSettings:
        for each in self.field:
            when = each.when if isinstance(each, DatedField) else None
            if when == "encounter" and self.one_row_per == "patient":
                raise ValueError(f"field {each.name!r}: encounter needs one_row_per = 'encounter'")
            if when == "before" and self.one_row_per == "patient" and self.index == LAST_SEEN:
                raise ValueError(
                    f"field {each.name!r}: say with index before which day; everything is before "
                    "the day a patient was last seen"
                )
        return self

    @property
    def index_field(self) -> str | None:
        """The field whose first date is the index date, where one is."""
        index = self.index
        if isinstance(index, date) or index in {LAST_SEEN, *OF_ENCOUNTERS}:
            return None
        return index
