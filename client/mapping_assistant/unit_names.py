"""Units that a column's name ends in, such as ``chol_mmol`` or ``edad_meses``."""

from __future__ import annotations

from client.mapping_assistant.words import parts

# The unit in UCUM, and what names of columns make of it beside its own letters.
SPELLED = {
    "mg/dL": "mgdl mg_100ml mg",
    "g/dL": "gdl",
    "g/L": "gl",
    "mg/L": "mgl",
    "ug/dL": "ugdl mcg_dl",
    "ug/L": "ugl mcg_l",
    "ng/mL": "ngml",
    "ng/dL": "ngdl",
    "pg/mL": "pgml",
    "mmol/L": "mmoll mmol",
    "umol/L": "umoll micromol umol",
    "nmol/L": "nmoll nmol",
    "pmol/L": "pmoll pmol",
    "mmol/mol": "ifcc",
    "meq/L": "meql meq",
    "U/L": "ul ui_l iu_l uil iul",
    "ukat/L": "ukat microkat",
    "nkat/L": "nkat",
    "m[iU]/L": "miu_l mui_l",
    "u[iU]/mL": "uiu_ml uui_ml",
    "mm[Hg]": "mmhg",
    "kPa": "",
    "cm[H2O]": "cmh2o",
    "a": "years year yrs anos ano y",
    "mo": "months month meses mes",
    "wk": "weeks week semanas sem",
    "d": "days day dias dia",
    "/min": "bpm lpm ppm per_minute",
    "Cel": "celsius degc grados_c",
    "[degF]": "fahrenheit degf",
    "kg": "kilos",
    "g": "grams gramos gr",
    "[lb_av]": "lb lbs pounds libras",
    "cm": "",
    "m": "metres meters metros",
    "mm": "",
    "[in_i]": "inches inch pulgadas",
    "kg/m2": "kgm2",
    "%": "pct percent porcentaje porc",
}
LONGEST = 4


def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for unit, others in SPELLED.items():
        for spelling in (unit, *others.split()):
            found.setdefault("".join(parts(spelling)), unit)
    found.pop("", None)
    return found


SPELLINGS = _spellings()
# Too often something else than a unit.
AMBIGUOUS = {"m", "g", "a", "y", "d", "min", "mg", "ini", "lbav", "gl"}


def split_unit(name: str) -> tuple[tuple[str, ...], str | None]:
    """Return the words of a column's name without the unit it ends in, and that unit in UCUM.

    >>> split_unit("chol_mmol_l"), split_unit("Edad (meses)"), split_unit("sex")
    ((('chol',), 'mmol/L'), (('edad',), 'mo'), (('sex',), None))
    """
    words = parts(name)
    for length in range(min(LONGEST, len(words) - 1), 0, -1):
        ending = "".join(words[-length:])
        if ending in SPELLINGS and ending not in AMBIGUOUS:
            return words[:-length], SPELLINGS[ending]
    return words, "%" if "%" in name else None
