"""The local columns that a mapping makes from OMOP tables, ``[[source.field]]``."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.settings_file import StrictModel

UNIT_SUFFIX = "_unit"
ANY = "*"
Value = Literal["flag", "code", "terms", "quantity", "text"]
USUAL_VALUE: dict[str, Value] = {
    "measurement": "quantity",
    "observation": "quantity",
    "note": "text",
}
WITH_VALUES = {"measurement", "observation"}
OF_NUMBERS = {"mean", "minimum", "maximum"}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


def parse_code(text: str) -> tuple[str, str, bool]:
    """Return vocabulary, code, and whether the code is only a beginning.

    Raises
    ------
    ValueError
        When it is not ``vocabulary|code``.

    Examples
    --------
    >>> parse_code("ICD10CM|I25*")
    ('ICD10CM', 'I25', True)
    """
    vocabulary, bar, code = text.strip().partition("|")
    if not (vocabulary and bar and code):
        raise ValueError(f"{text!r} is not vocabulary|code, such as LOINC|2093-3")
    return vocabulary, code.removesuffix(ANY), code.endswith(ANY)


class OmopField(StrictModel):
    """A column made from the rows of one table that have certain concepts.

    Attributes
    ----------
    name : str
        The local column.
    table : str
        The CDM's table.
    concept : list of int
        Concept ids, standard or source.
    code : list of str
        ``vocabulary|code`` as the table ``concept`` has them, ``vocabulary|I25*`` or
        ``vocabulary|*``; a row counts where its standard or its source concept is one of them.
    descendants : bool
        Also all that stands below those concepts in ``concept_ancestor``.
    value : {"flag", "code", "terms", "quantity", "text"} or None
        ``flag`` is ``true`` where there is a row; ``terms`` are the codes of all rows; ``quantity``
        makes the columns `name` and ``name_unit``. ``code`` is the code of a row, or of its value
        where the table has values. Without it, what the table is usually read for.
    take : {"last", "first", "mean", "minimum", "maximum", "all"}
        Which one where there are many; ``all`` joins notes.
    when : {"ever", "before", "visit"} or None
        All that is known of the person, only what was until the row's index date (that day
        included), or only what names the row's visit. Without it, the last where rows are visits,
        else the first.
    within_days : int or None
        With ``before``: how many days before the index date count.
    limits : {"keep", "missing"}
        What ``< 5`` counts as: 5, or nothing.
    otherwise : str or None
        What a row without any gets, for example ``false`` or the code of no disease.
    """

    name: str = Field(min_length=1)
    table: Literal[
        "condition_occurrence",
        "drug_exposure",
        "procedure_occurrence",
        "measurement",
        "observation",
        "note",
    ]
    concept: Annotated[list[int], BeforeValidator(_as_list)] = Field(default_factory=list)
    code: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    descendants: bool = False
    value: Value | None = None
    take: Literal["last", "first", "mean", "minimum", "maximum", "all"] = "last"
    when: Literal["ever", "before", "visit"] | None = None
    within_days: int | None = Field(default=None, ge=0)
    limits: Literal["keep", "missing"] = "keep"
    otherwise: str | None = None

    @field_validator("code")
    @classmethod
    def _names_codes(cls, code: list[str]) -> list[str]:
        for each in code:
            parse_code(each)
        return code

    @model_validator(mode="after")
    def _fits_together(self) -> OmopField:
        if not (self.concept or self.code or self.table == "note"):
            raise ValueError("say with concept or code which rows are meant")
        if self.within_days is not None and self.when != "before":
            raise ValueError('within_days needs when = "before"')
        if (self.kind == "text") != (self.table == "note") and self.table not in WITH_VALUES:
            raise ValueError(f"value = {self.kind!r} cannot come from the table {self.table}")
        if self.kind == "quantity" and self.table not in WITH_VALUES:
            raise ValueError("a quantity comes from the tables measurement and observation")
        if self.kind == "quantity" and self.otherwise is not None:
            raise ValueError("a quantity has no otherwise")
        if self.take in OF_NUMBERS and self.kind != "quantity":
            raise ValueError(f"take = {self.take!r} needs numbers, so value = 'quantity'")
        if self.take == "all" and self.table != "note":
            raise ValueError("take = 'all' is for notes; value = 'terms' takes all codes")
        return self

    @cached_property
    def kind(self) -> Value:
        """The value, where none was said the table's usual one."""
        return self.value or USUAL_VALUE.get(self.table, "flag")

    @property
    def columns(self) -> list[str]:
        """The local columns that it makes."""
        unit = [self.name + UNIT_SUFFIX] if self.kind == "quantity" else []
        return [self.name, *unit]
