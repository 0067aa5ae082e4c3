"""What must be true between features: rules that come with Juntos, and those of the hospital."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
from pydantic import ValidationError

from client.data_quality.finding import Finding, Term
from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.settings import DeclaredRule
from client.sources.codes import normalise_name
from shared.coded_value import Name
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import with_derived
from shared.settings_file import StrictModel

# A feature of this name is computed beside the contract's own.
COMPUTED = "juntos_quality_rule"
WORD = re.compile(r"[a-z][a-z0-9_]*")


class ShippedRule(StrictModel):
    """A rule that applies where a contract has its features.

    Attributes
    ----------
    names : dict of str to list of str
        For each name in the expression, what contracts call that feature.
    """

    name: Name
    must: str
    names: dict[str, list[str]]


class ShippedRules(StrictModel):
    """The content of ``words/rules.toml``."""

    rule: list[ShippedRule]


@cache
def shipped_rules() -> list[ShippedRule]:
    """Return the rules that come with Juntos."""
    file = resources.files("client.data_quality") / "words" / "rules.toml"
    return ShippedRules.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).rule


def rules_for(contract: Contract, declared: Iterable[DeclaredRule]) -> list[DeclaredRule]:
    """Return the shipped rules in a contract's names, then the declared ones."""
    found = (_in_names_of(contract, rule) for rule in shipped_rules())
    return [*(rule for rule in found if rule is not None), *declared]


def _in_names_of(contract: Contract, rule: ShippedRule) -> DeclaredRule | None:
    """Return a shipped rule with a contract's names; None where it lacks a feature."""
    known: dict[str, str] = {}
    for feature in contract.feature:
        for name in (feature.name, *feature.synonyms):
            known.setdefault(normalise_name(name), feature.name)
    places: dict[str, str] = {}
    for operand, names in rule.names.items():
        found = [known[each] for each in map(normalise_name, names) if each in known]
        if not found:
            return None
        places[operand] = found[0]
    if len(set(places.values())) < len(places):
        return None
    must = WORD.sub(lambda word: places.get(word[0], word[0]), rule.must)
    return DeclaredRule(name=rule.name, must=must)


def broken_rules(rows: HospitalRows) -> Iterable[Finding]:
    """Find records for which a rule does not hold.

    Raises
    ------
    SettingsError
        When a rule of ``quality.toml`` cannot be computed.
    """
    own = {rule.name for rule in rows.settings.rule}
    for rule in rules_for(rows.contract, rows.settings.rule):
        if rule.name in rows.settings.ignore:
            continue
        try:
            holds = _holds(rows, rule)
        except ValidationError as error:
            if rule.name in own:
                raise _unusable(rule, error) from None
            # The contract uses these names for something else.
            continue
        found = holds == 0
        if found.any():
            judged = int(np.isfinite(holds).sum())
            shown = Term(rule.name) if rule.name not in own else rule.name
            yield rows.finding(
                "contradiction", "act_now", found, "", judged, rule=shown, must=rule.must
            )


def _holds(rows: HospitalRows, rule: DeclaredRule) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return 1 where a rule holds, 0 where it does not, NaN where it cannot be judged."""
    computed = {
        "name": COMPUTED,
        "kind": "flag",
        "description": rule.name,
        "expression": rule.must,
    }
    derived = [*(each.model_dump() for each in rows.contract.derived), computed]
    contract = rows.contract.model_copy_checked(derived=derived)
    return with_derived(contract, rows.table)[COMPUTED].to_numpy(dtype=np.float64)


def _unusable(rule: DeclaredRule, error: ValidationError) -> SettingsError:
    details = error.errors(include_input=False, include_url=False)
    said = "\n".join(str(each["msg"]) for each in details).replace(COMPUTED, rule.name)
    return SettingsError(
        f"The rule {rule.name!r} of quality.toml cannot be used:\n{said}", "Correct its must."
    )
