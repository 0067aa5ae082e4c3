"""All derived features of a contract: checked, in an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from shared.derived.checking import Checker
from shared.derived.declaration import Declared
from shared.derived.expression_error import ExpressionError
from shared.derived.formula import FeatureValue, Formula, evaluate
from shared.derived.kinds import Column, Kind, Meaning
from shared.derived.parsing import Parsed, names_in, parse_expression


@dataclass(frozen=True)
class DerivedColumn:
    """One derived feature with its formula, and the names that its expression holds."""

    declared: Declared
    formula: Formula
    names: frozenset[str]


@dataclass(frozen=True)
class Derivation:
    """How to compute all derived features.

    Attributes
    ----------
    columns : tuple of DerivedColumn
        Each after those that it needs.
    order : tuple of str
        The names in the contract's order.
    """

    columns: tuple[DerivedColumn, ...] = ()
    order: tuple[str, ...] = ()

    def compute(self, recorded: Mapping[str, Column], rows: int) -> dict[str, Column]:
        """Compute every derived feature.

        Parameters
        ----------
        recorded : mapping of str to array of shape (rows,)
            Recorded features: numbers and flags as float64 with NaN where missing, codes and notes
            as str or None, sets of terms as tuples.

        Returns
        -------
        dict of str to array of shape (rows,)
            In the contract's order, in the same forms.
        """
        known = dict(recorded)
        for each in self.columns:
            if not isinstance(each.formula.kind, Meaning):
                found = evaluate(each.formula, known, rows)
                known[each.declared.name] = each.declared.finish(each.formula.kind, found)
        return {name: known[name] for name in self.order if name in known}

    def features(self) -> dict[str, dict[str, Any]]:
        """Return the fields of each derived feature that is a column, in the contract's order."""
        found = {
            each.declared.name: each.declared.feature(each.formula.kind)
            for each in self.columns
            if not isinstance(each.formula.kind, Meaning)
        }
        return {name: found[name] for name in self.order if name in found}

    @property
    def embedded(self) -> frozenset[str]:
        """Notes that every run turns into the numbers of a sentence embedding."""
        return frozenset(
            each.formula.name
            for each in self.columns
            if isinstance(each.formula, FeatureValue) and isinstance(each.formula.kind, Meaning)
        )

    def dependents(self, names: Iterable[str]) -> set[str]:
        """Return the derived features that need any of some features, however indirectly."""
        gone = set(names)
        for each in self.columns:
            if each.names & gone:
                gone.add(each.declared.name)
        return gone - set(names)

    def terms_named(self) -> list[tuple[str, str, str]]:
        """Return each code of a terminology that an expression names: feature, system, code."""
        return [
            (each.declared.name, system, code)
            for each in self.columns
            for system, code in _codes_of(each.formula)
        ]


def derivation_of(declared: Sequence[Declared], kinds: Mapping[str, Kind]) -> Derivation:
    """Check derived features.

    Parameters
    ----------
    kinds : mapping of str to Kind
        Of the recorded features.

    Raises
    ------
    ValueError
        Listing everything that is wrong, each with its place in the expression.
    """
    complaints: list[str] = []
    parsed: dict[str, Parsed] = {}
    for each in declared:
        try:
            parsed[each.name] = parse_expression(each.expression)
        except ExpressionError as error:
            complaints.append(f"derived {each.name}: {error}")
    order = _order(parsed, complaints)
    by_name = {each.name: each for each in declared}
    known: dict[str, Kind] = dict(kinds)
    columns: list[DerivedColumn] = []
    for name in order:
        try:
            formula = _checked(by_name[name], parsed[name], known)
        except ExpressionError as error:
            # What builds on it would only repeat the complaint.
            if not (set(names_in(parsed[name])) & (set(by_name) - set(known))):
                complaints.append(f"derived {name}: {error}")
            continue
        columns.append(DerivedColumn(by_name[name], formula, frozenset(names_in(parsed[name]))))
        known[name] = by_name[name].kind_of(formula.kind)
    if complaints:
        raise ValueError("\n".join(complaints))
    return Derivation(tuple(columns), tuple(by_name))


def _order(parsed: Mapping[str, Parsed], complaints: list[str]) -> list[str]:
    """Return the features, each after those that it names; none where they need each other."""
    needs = {
        name: [other for other in names_in(each) if other in parsed]
        for name, each in parsed.items()
    }
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        complaints.append(f"derived features need each other: {circle}")
        return []


def _checked(declared: Declared, parsed: Parsed, known: Mapping[str, Kind]) -> Formula:
    formula = Checker(parsed, known).check()
    refusal = declared.refusal(formula.kind)
    if refusal:
        raise parsed.error(parsed.tree, refusal)
    return formula


def _codes_of(formula: Formula) -> list[tuple[str, str]]:
    """Return the codes of terminologies in a formula, with their systems."""
    keywords = getattr(getattr(formula, "operation", None), "keywords", {})
    found = [(keywords["code_system"], keywords["code"])] if "code" in keywords else []
    for operand in getattr(formula, "operands", ()):
        found += _codes_of(operand)
    return found
