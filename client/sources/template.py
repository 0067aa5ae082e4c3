"""A mapping file to fill in, written for the hospital's own IT."""

from __future__ import annotations

import json
from collections.abc import Iterable

from shared.contract import (
    CategoricalFeature,
    CodedValue,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TargetClass,
    TermsFeature,
)

HEAD = """\
# Mapping of this hospital's data to the contract {name} {version}.
#
# 1. Say where the data are, under [source].
# 2. Fill in every column = "" with the name of your column. Delete the block of a feature that you
#    do not have; it will count as missing.
# 3. Replace each "your code" by your own; 1, 1.0 and "1" are the same code. A code that is spelled
#    as in the contract needs no line.
#
# No other column is ever read. These must not be mapped, whatever their capitals and spaces:
{forbidden}

[source]
kind = "csv"                # or "excel", "parquet", "sql", ...: see docs/sources
path = "patients.csv"       # relative to this file
separator = ","
encoding = "utf-8"          # often "cp1252" for files from older systems; "auto" finds it
decimal = "."               # or "," as in 1,5
# For a database, delete the five lines above and use these:
# kind = "sql"
# url = "postgresql+psycopg://reader@host/database"
# query = "select ..."      # the rows are the records; only the columns below

[rows]
bad_rows = "stop"           # or "set_aside": go on with the good rows and say how many were not
# patient = "patient_id"    # tells patients apart; never leaves the hospital, never in records
# patient_rows = "several"  # without it, a second row of a patient is an error
missing = [""]              # cell texts that mean "not recorded" in every column
# date = "visit_date"       # of the record; with clinic, shows what changed: `juntos node quality`
# date_format = "%d/%m/%Y"  # without it, as in 2026-03-31
# clinic = "ward"

# The diagnosis.
[label]
column = ""
[label.codes]
"""


def mapping_template(contract: Contract) -> str:
    """Return a commented mapping file for a contract, to be filled in.

    Parameters
    ----------
    contract : Contract

    Returns
    -------
    str
        TOML that parses; every ``column = ""`` must be filled in or its block deleted before
        `load_records` accepts it.
    """
    head = HEAD.format(
        name=contract.name,
        version=contract.version,
        forbidden=_wrapped(contract.identifying_fields),
    )
    blocks = [head + _code_lines(contract.target)]
    blocks += [feature_block(feature) for feature in contract.feature]
    return "\n".join(blocks)


def feature_block(feature: Feature) -> str:
    """Return the commented lines of one feature, to be filled in."""
    lines = [
        f"# {_one_line(feature.description)} ({feature.kind})",
        "[[column]]",
        'column = ""',
        f"feature = {_quoted(feature.name)}",
        *_own_lines(feature),
        '# missing = ["-9"]         # besides those of [rows]',
    ]
    text = "\n".join(lines) + "\n"
    # A table of codes ends the block, so everything else must stand before it.
    if isinstance(feature, CategoricalFeature):
        text += "[column.codes]\n" + _code_lines(feature.codes)
    return text


def _own_lines(feature: Feature) -> list[str]:
    """Return the lines that only this kind of feature has."""
    if isinstance(feature, NumericFeature):
        return [
            f"unit = {_quoted(feature.unit)}   # yours, if it differs; "
            f"plausible: {feature.minimum:g} to {feature.maximum:g} {feature.unit}",
            '# unit_column = ""         # instead of unit, where each row names its own',
        ]
    if isinstance(feature, FlagFeature):
        return ['true = ["1"]', 'false = ["0"]']
    if isinstance(feature, TermsFeature):
        return [
            f"# Codes of {_one_line(feature.code_system)} that look like {feature.pattern}, "
            f"at most {feature.maximum_terms}.",
            'separator = ";"',
            '# codes = { "your code" = "code of the contract" }',
        ]
    return []


def _code_lines(values: Iterable[CodedValue | TargetClass]) -> str:
    """Return one commented line per code; a line becomes active without its ``#``."""
    return "".join(
        f'# "your code" = {_quoted(value.code)}   # {_one_line(value.name)}\n' for value in values
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """Return a TOML string; TOML's basic strings escape as JSON's do."""
    return json.dumps(text, ensure_ascii=False)


def _wrapped(names: list[str], per_line: int = 6) -> str:
    starts = range(0, len(names), per_line)
    return "\n".join("#   " + ", ".join(names[start : start + per_line]) for start in starts)
