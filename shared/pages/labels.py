"""What a contract's things are called in figures and tables."""

from __future__ import annotations

from shared.contract import CategoricalFeature, Contract, Feature, FlagFeature
from shared.exploration.cells import MISSING
from shared.pages.words import Catalogue, Text

# Written in capitals whatever the contract's names are.
_ACRONYMS = {"bmi", "ck", "crp", "ct", "ecg", "hdl", "hpo", "ldl", "mri", "st"}


def feature_label(name: str) -> str:
    """Return a feature's name as people write it."""
    words = [each.upper() if each in _ACRONYMS else each for each in name.split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]


def class_label(contract: Contract, code: str) -> str:
    """Return what a class is called."""
    return contract.classes[code].name


def code_label(feature: Feature, code: str, say: Catalogue) -> Text:
    """Return what a code is called."""
    if code == MISSING:
        return say("missing")
    if isinstance(feature, FlagFeature):
        return say(code)
    if isinstance(feature, CategoricalFeature):
        return next(value.name for value in feature.codes if value.code == code)
    return code


def unit_label(unit: str, say: Catalogue) -> Text:
    """Return a UCUM unit as people write it."""
    if unit == "1":
        return ""
    return say(f"units.{unit}") if f"units.{unit}" in say.texts["en"] else unit
