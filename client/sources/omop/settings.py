"""The ``[source]`` of a mapping whose kind is ``omop``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from client.sources.field_names import refuse_shared_names
from client.sources.omop.fields import UNIT_SUFFIX, OmopField
from shared.settings_file import StrictModel

PATIENT, AGE, GENDER, DECEASED = "patient", "age", "gender", "deceased"
INDEX_DATE, VISIT_CLASS = "index_date", "visit_class"
# Columns that are there without a field.
OWN_COLUMNS = [PATIENT, AGE, AGE + UNIT_SUFFIX, GENDER, DECEASED, INDEX_DATE, VISIT_CLASS]
LAST_SEEN = "last_seen"
OF_VISITS = {"first_visit", "last_visit"}


class OmopSettings(StrictModel):
    """A database in the OMOP common data model, version 5.4.

    Attributes
    ----------
    url : SecretStr
        Any SQLAlchemy URL. It may hold a password, so it is kept out of every message.
    schema_name : str or None
        The schema of the CDM's tables, in a mapping called ``schema``; the user's own without it.
    vocabulary_schema : str or None
        The schema of ``concept`` and ``concept_ancestor``, where it is another.
    one_row_per : {"patient", "visit"}
    index : date or str
        The day at which age is reckoned, and which ``when = "before"`` looks back from:
        ``last_seen`` (the last visit; without visits the end of the last observation period),
        ``last_visit``, ``first_visit``, a day for all, or the name of a field, for its first row.
        Where rows are visits, each one's beginning.
    visit_concept : list of int or None
        Concept ids of the visits that count, such as 9201; without it, all.
    field : list
        The columns besides `OWN_COLUMNS`, which are always there.
    """

    kind: Literal["omop"]
    url: SecretStr = Field(min_length=1)
    schema_name: str | None = Field(default=None, min_length=1, alias="schema")
    vocabulary_schema: str | None = Field(default=None, min_length=1)
    one_row_per: Literal["patient", "visit"] = "patient"
    index: date | str = LAST_SEEN
    visit_concept: list[int] | None = Field(default=None, min_length=1)
    field: list[OmopField] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_differ(self) -> OmopSettings:
        names = [name for each in self.field for name in each.columns]
        refuse_shared_names(names, OWN_COLUMNS)
        return self

    @model_validator(mode="after")
    def _index_is_known(self) -> OmopSettings:
        if self.one_row_per == "visit" and self.index != LAST_SEEN:
            raise ValueError("leave out index: where rows are visits, it is their beginning")
        name = self.index_field
        if name is None:
            return self
        field = next((each for each in self.field if each.name == name), None)
        if field is None:
            raise ValueError(
                f"index {name!r} is neither a day, last_seen, last_visit, first_visit nor a field"
            )
        if field.when == "before":
            raise ValueError(f"field {name!r} cannot be before the index date that it sets")
        return self

    @model_validator(mode="after")
    def _windows_exist(self) -> OmopSettings:
        for each in self.field:
            if each.when == "visit" and self.one_row_per == "patient":
                raise ValueError(f"field {each.name!r}: visit needs one_row_per = 'visit'")
            if each.when == "before" and self.one_row_per == "patient" and self.index == LAST_SEEN:
                raise ValueError(
                    f"field {each.name!r}: say with index before which day; everything is before "
                    "the day a patient was last seen"
                )
        return self

    @property
    def index_field(self) -> str | None:
        """The field whose first date is the index date, where one is."""
        if isinstance(self.index, date) or self.index in {LAST_SEEN, *OF_VISITS}:
            return None
        return self.index

    def when(self, field: OmopField) -> Literal["ever", "before", "visit"]:
        """Return which rows of a person a field looks at."""
        return field.when or ("visit" if self.one_row_per == "visit" else "ever")
