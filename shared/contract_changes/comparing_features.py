"""What differs between two versions of one recorded feature."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contract import (
    CategoricalFeature,
    Feature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.contract_changes.change import Change, unreadable, words_only
from shared.contract_changes.renames import Renames

LOOKED_AT = {
    *("name", "kind", "description", "synonyms", "unit", "minimum", "maximum", "bins", "codes"),
    *("code_system", "pattern", "maximum_terms", "maximum_length", "meaning"),
}


def added_feature(feature: Feature, before: str) -> Change:
    """Return the change that a new feature is."""
    unit = f" in {feature.unit}" if isinstance(feature, NumericFeature) else ""
    return Change(
        what=f"feature {feature.name}: new ({feature.kind}{unit}), not in {before}",
        reading="missing",
        mapping=f"map a column to {feature.name}; without one it is missing for every patient",
    )


def compare_feature(old: Feature, new: Feature, renames: Renames) -> Iterator[Change]:
    """Yield what differs between two versions of a feature, which may have another name."""
    name = new.name
    if old.name != name:
        yield Change(
            what=f"feature {old.name}: is called {name} now",
            reading="renamed",
            mapping=f"feature = {old.name!r} is read as {name!r}; write the new name when you can",
        )
    if old.kind != new.kind:
        yield unreadable(
            f"feature {name}: {old.kind} becomes {new.kind}",
            f"write the column of {name} anew",
        )
        return
    if isinstance(old, NumericFeature) and isinstance(new, NumericFeature):
        yield from _numbers(old, new)
    elif isinstance(old, CategoricalFeature) and isinstance(new, CategoricalFeature):
        yield from _codes(old, new, renames)
    elif isinstance(old, TermsFeature) and isinstance(new, TermsFeature):
        yield from _terms(old, new)
    elif isinstance(old, TextFeature) and isinstance(new, TextFeature):
        yield from _limit(f"feature {name}: characters", old.maximum_length, new.maximum_length)
    yield from _other_fields(old, new)
    if old.description != new.description:
        yield words_only(f"feature {name}: described anew")
    if old.synonyms != new.synonyms:
        yield words_only(f"feature {name}: other synonyms")


def _other_fields(old: Feature, new: Feature) -> Iterator[Change]:
    """Yield a difference in what nothing else here looks at: it does not change what is read."""
    for field in type(new).model_fields:
        before, now = getattr(old, field), getattr(new, field)
        if field not in LOOKED_AT and before != now:
            words = f"{field} is {now or 'nothing'} instead of {before or 'nothing'}"
            yield Change(what=f"feature {new.name}: {words}", reading="as they are")


def _numbers(old: NumericFeature, new: NumericFeature) -> Iterator[Change]:
    if old.unit != new.unit:
        yield unreadable(
            f"feature {new.name}: in {new.unit} instead of {old.unit}",
            f"nothing where the column of {new.name} says its unit: it is converted",
        )
        return
    before, now = (old.minimum, old.maximum), (new.minimum, new.maximum)
    if before != now:
        what = (
            f"feature {new.name}: {new.minimum:g} to {new.maximum:g} {new.unit} are plausible "
            f"instead of {old.minimum:g} to {old.maximum:g}"
        )
        if new.minimum <= old.minimum and new.maximum >= old.maximum:
            yield Change(what=what, reading="as they are")
        else:
            yield unreadable(what, f"values of {new.name} outside become errors of the data")
    if old.bins != new.bins:
        yield Change(
            what=f"feature {new.name}: {new.bins} bins instead of {old.bins}",
            reading="as they are",
        )


def _codes(old: CategoricalFeature, new: CategoricalFeature, renames: Renames) -> Iterator[Change]:
    name = new.name
    before = {renames.code(name, value.code): value for value in old.codes}
    now = {value.code: value for value in new.codes}
    for code, value in before.items():
        if code not in now:
            yield unreadable(
                f"feature {name}: code {value.code} removed",
                f"local codes of {name} that mean {value.code} must mean another",
            )
        elif code != value.code:
            yield Change(
                what=f"feature {name}: code {value.code} is called {code} now",
                reading="renamed",
                mapping=f"{value.code!r} in codes of {name} is read as {code!r}",
            )
    for code, value in now.items():
        if code not in before:
            yield Change(
                what=f"feature {name}: code {code} ({value.name}) is new",
                reading="as they are",
                mapping=f"say in codes of {name} which local code means {code}, if one does",
            )
        elif before[code].name != value.name or before[code].synonyms != value.synonyms:
            yield words_only(f"feature {name}: code {code} is named anew")
    if [code for code in before if code in now] != [code for code in now if code in before]:
        yield words_only(f"feature {name}: codes in another order")


def _terms(old: TermsFeature, new: TermsFeature) -> Iterator[Change]:
    name = new.name
    if old.code_system != new.code_system:
        yield unreadable(
            f"feature {name}: codes of {new.code_system} instead of {old.code_system}",
            f"map local codes of {name} to {new.code_system}",
        )
    elif old.pattern != new.pattern:
        yield unreadable(
            f"feature {name}: codes look like {new.pattern} instead of {old.pattern}",
            f"see that the codes of {name} look so",
        )
    if old.meaning != new.meaning:
        yield unreadable(
            f"feature {name}: terms that are {new.meaning} instead of {old.meaning}",
            f"map {name} to the column with the {new.meaning} findings",
        )
    yield from _limit(f"feature {name}: terms", old.maximum_terms, new.maximum_terms)


def _limit(what: str, old: int, new: int) -> Iterator[Change]:
    words = f"{what}, at most {new} instead of {old}"
    if new > old:
        yield Change(what=words, reading="as they are")
    elif new < old:
        yield unreadable(words, "rows with more become errors of the data")
