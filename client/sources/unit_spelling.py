"""Units as UCUM or people spell them, as units of pint."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pint.facets.plain import PlainUnit

# Spellings that pint does not know or understands otherwise.
PINT_NAMES = {
    "": "",
    "1": "",
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH2O",
    "Cel": "degC",
    "ºC": "degC",
    "[degF]": "degF",
    "ºF": "degF",
    "[in_i]": "inch",
    "[ft_i]": "foot",
    "[lb_av]": "pound",
    "[oz_av]": "ounce",
    "mo": "month",
    "wk": "week",
    "beat": "",
    "beats": "",
    "bpm": "1/minute",
    "lpm": "1/minute",
    "[iU]": "international_unit",
    "IU": "international_unit",
    "UI": "international_unit",
    "mIU": "milliinternational_unit",
    "mUI": "milliinternational_unit",
    "m[iU]": "milliinternational_unit",
    "u[iU]": "microinternational_unit",
    "uIU": "microinternational_unit",
    "uUI": "microinternational_unit",
    "µIU": "microinternational_unit",
    "µUI": "microinternational_unit",
    "k[iU]": "kilointernational_unit",
    "kIU": "kilointernational_unit",
    "U": "enzyme_unit",
    "eq": "equivalent",
    "Eq": "equivalent",
    "meq": "milliequivalent",
    "mEq": "milliequivalent",
    "ueq": "microequivalent",
    "uEq": "microequivalent",
    "mval": "milliequivalent",
    # pint reads gr as the grain of apothecaries; laboratories mean the gram.
    "gr": "gram",
    "[gr]": "grain",
    "mgr": "milligram",
    "mcg": "microgram",
    "mcmol": "micromole",
    "mcl": "microliter",
    "cc": "milliliter",
    "lt": "liter",
    "mg%": "mg/dL",
    "g%": "g/dL",
    "[pH]": "",
    "año": "year",
    "años": "year",
    "anos": "year",
    "mes": "month",
    "meses": "month",
    "sem": "week",
    "semanas": "week",
    "día": "day",
    "días": "day",
    "dia": "day",
    "dias": "day",
    "hora": "hour",
    "horas": "hour",
}
# What exports in capitals mean; pint would read MG as a million grams, or not at all.
# G/L is left as it is: in some countries it counts cells.
EXPORTED = """
mg/dL g/dL mg/L ug/dL ug/L ng/mL ng/dL pg/mL pg/dL ug/mL mmol/L umol/L nmol/L pmol/L mmol/mol mEq/L
IU/L UI/L mIU/L mUI/L uIU/mL uUI/mL ukat/L mmHg kg cm mm mL/min lpm bpm cmH2O mm/h
"""
CAPITALS = {each.upper(): each for each in EXPORTED.split()}
POWER_OF_TEN = re.compile(r"[xX]?10(?:\*\*|[*^])([+-]?\d{1,2})")
SYMBOL = re.compile(r"([A-Za-zñíµμΩÅ_]+|%|[°º][CF]|\[[A-Za-z_]+\])(?:\*\*|\^)?([+-]?\d)?")
# Clearances are given for a body of this surface; it is a convention, and divides nothing.
BODY_SURFACE = re.compile(r"/\(?1[.,]73\.?m(?:\^?2|²)\)?")
ANNOTATION = re.compile(r"\{[^}]*\}")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
RAISED_TEN = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")
LONGEST = 60


def compact(unit: str) -> str:
    """Return a unit without spaces and annotations, which do not change what it measures.

    >>> compact("mL / min / 1.73 m2"), compact("MG/DL"), compact("10⁹/L")
    ('mL/min', 'mg/dL', '10^9/L')
    """
    plain = ANNOTATION.sub("", "".join(unit.split()))
    plain = BODY_SURFACE.sub("", plain)
    plain = RAISED_TEN.sub(r"10^\1", plain).translate(SUPERSCRIPTS)
    return CAPITALS.get(plain, plain)


def parsed(text: str) -> tuple[float, PlainUnit]:
    """Return a compact unit as a factor times a unit of pint.

    Raises
    ------
    ValueError, pint.PintError
        When it is none.
    """
    if len(text) > LONGEST:
        raise ValueError("too long for a unit")
    factor, unit, sign = 1.0, registry().Unit(""), 1
    for part in re.split(r"([./])", text):
        if part in {".", "/"}:
            sign = -1 if part == "/" else 1
        elif power := POWER_OF_TEN.fullmatch(part):
            factor *= 10.0 ** (sign * int(power[1]))
        else:
            unit = unit * _symbol(part) ** sign
    return factor, unit


def _symbol(part: str) -> PlainUnit:
    """Return one symbol with its exponent, such as ``m2``."""
    if part in PINT_NAMES:
        return registry().Unit(PINT_NAMES[part])
    match = SYMBOL.fullmatch(part)
    if match is None:
        raise ValueError("not a unit")
    name = PINT_NAMES.get(match[1], match[1])
    return registry().Unit(name) ** int(match[2] or 1)


@cache
def registry() -> UnitRegistry[float]:
    """Return the units of pint, and those that measure an effect or a charge."""
    # Loading pint takes half a second, and most hospitals measure in the contract's units.
    import pint

    units: UnitRegistry[float] = pint.UnitRegistry()
    # An international unit measures an effect, defined per substance, and an equivalent a charge:
    # without the substance only their multiples convert.
    units.define("international_unit = [international_unit]")
    units.define("equivalent = [equivalent]")
    return units
