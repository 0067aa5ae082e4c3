"""Findings, answers and diagnoses of one sex in a record of the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from client.data_quality.finding import Finding, Term
from client.data_quality.hospital_rows import HospitalRows, Mask
from client.data_quality.vocabulary import plain, vocabulary
from client.sources.codes import normalise_name
from shared.contract import CategoricalFeature, FlagFeature, NumericFeature, TermsFeature
from shared.ontology import HPO, terminology

Sex = Literal["female", "male"]
OTHER: dict[Sex, Sex] = {"female": "male", "male": "female"}


def sex_of(rows: HospitalRows) -> npt.NDArray[np.object_] | None:
    """Return ``female`` or ``male`` for each row, or None; None alone without such a feature."""
    words = vocabulary().sexes
    names = {normalise_name(name) for name in words.sex}
    for feature, _ in rows.mapped():
        called = {normalise_name(name) for name in (feature.name, *feature.synonyms)}
        if isinstance(feature, CategoricalFeature) and called & names:
            meaning = {code.code: _sex_named([code.code, code.name]) for code in feature.codes}
            found = [meaning.get(value) for value in rows.table[feature.name]]
            return np.array(found, dtype=object)
    return None


def _sex_named(names: Sequence[str]) -> Sex | None:
    words = vocabulary().sexes
    for name in map(plain, names):
        if name in words.female:
            return "female"
        if name in words.male:
            return "male"
    return None


def belongs_to(names: Iterable[str]) -> Sex | None:
    """Return the one sex that some names speak of, None where none or both.

    >>> belongs_to(["Prostate cancer"]), belongs_to(["Pregnancy"]), belongs_to(["Influenza"])
    ('male', 'female', None)
    """
    words = vocabulary().sexes
    text = " ".join(re.sub(r"[_\W]+", " ", plain(name)) for name in names)
    female = any(re.search(rf"\b{re.escape(each)}", text) for each in words.only_female)
    male = any(re.search(rf"\b{re.escape(each)}", text) for each in words.only_male)
    if female == male:
        return None
    return "female" if female else "male"


def sex_contradictions(rows: HospitalRows) -> Iterable[Finding]:
    """Find what only the other sex has; a person decides, for bodies differ."""
    sexes = sex_of(rows)
    if sexes is None:
        return
    for code, target in rows.contract.classes.items():
        sex = belongs_to([target.name, *target.synonyms])
        if sex is not None:
            found = (rows.labels == code) & (sexes == OTHER[sex])
            yield from _found(rows, found, "", sex, target.name)
    for feature, _ in rows.mapped():
        sex = belongs_to([feature.name, feature.description, *feature.synonyms])
        if isinstance(feature, FlagFeature | NumericFeature) and sex is not None:
            given = rows.table[feature.name].to_numpy(dtype=np.float64) > 0
            yield from _found(rows, given & (sexes == OTHER[sex]), feature.name, sex, feature.name)
        elif isinstance(feature, TermsFeature) and feature.code_system.upper() == HPO:
            for each, mask in _terms_of_sexes(rows, feature).items():
                yield from _found(
                    rows, mask & (sexes == OTHER[each]), feature.name, each, feature.name
                )


def _found(rows: HospitalRows, found: Mask, feature: str, sex: Sex, what: str) -> Iterable[Finding]:
    if found.any():
        yield rows.finding(
            "sex_contradiction", "attention", found, feature, what=what, sex=Term(sex)
        )


def _terms_of_sexes(rows: HospitalRows, feature: TermsFeature) -> dict[Sex, Mask]:
    """Say for each sex which rows have a term of its own."""
    words, system = vocabulary().sexes, terminology(feature.code_system)
    above: dict[Sex, set[str]] = {"female": set(words.female_terms), "male": set(words.male_terms)}
    unique = {term for terms in rows.table[feature.name] for term in terms}
    own: dict[Sex, set[str]] = {"female": set(), "male": set()}
    for term in unique:
        ancestors = set(system.ancestors(term))
        sexes = [sex for sex in above if ancestors & above[sex]]
        # What is under both belongs to neither.
        if len(sexes) == 1:
            own[sexes[0]].add(term)
    terms = rows.table[feature.name]
    return {sex: np.array([bool(own[sex] & set(each)) for each in terms]) for sex in own}
