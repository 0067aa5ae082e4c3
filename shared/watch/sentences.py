"""What verdicts say, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from shared.contract import CategoricalFeature, Feature
from shared.pages.labels import feature_label
from shared.pages.words import Catalogue, Text, Words, decimal, joined, percent
from shared.watch.feeds import FeedSign
from shared.watch.verdict import FEDERATION, Kind, Sign, State, WatchVerdict

Evidence = dict[str, float | str | list[str]]


@cache
def catalogue() -> Catalogue:
    """Return the texts."""
    return Catalogue("shared.watch")


def verdict(
    kind: Kind,
    hospital: str,
    state: State,
    words: Words,
    *,
    feature: str = "",
    sign: Sign = "",
    score: float = 0.0,
    evidence: Evidence | None = None,
) -> WatchVerdict:
    """Return a verdict whose sentence is in both languages."""
    return WatchVerdict(
        kind=kind,
        hospital=hospital,
        feature=feature,
        state=state,
        sign=sign,
        sentence=capital(words.en),
        sentence_es=capital(words.es),
        score=min(max(score, 0.0), 1.0),
        evidence=evidence or {},
    )


def capital(text: str) -> str:
    """Return a sentence with a capital at its beginning, unless it begins with a name."""
    return text[:1].upper() + text[1:] if text.startswith(("the ", "la ")) else text


def hospital_words(hospital: str) -> Text:
    """Return what a hospital, or all of them together, are called."""
    return catalogue()("federation") if hospital == FEDERATION else hospital


def named(features: list[str], most: int = 3) -> Words:
    """Return the first features of a list by their names."""
    shown = joined(feature_label(each) for each in features[:most])
    more = len(features) - most
    return joined([shown, f" (+{more})"], "") if more > 0 else shown


def code_words(feature: Feature, code: str) -> Text:
    """Return what a code is called."""
    if isinstance(feature, CategoricalFeature):
        return next((each.name for each in feature.codes if each.code == code), code)
    return catalogue()(code) if code in ("yes", "no") else code


def feed_sentence(hospital: str, feature: Feature, sign: FeedSign, rows: int) -> Words:
    """Say why a feed is taken for sick."""
    values, key = sign.values, f"feed.{sign.sign}"
    texts: dict[str, Text | int] = {
        "feature": feature_label(feature.name),
        "hospital": hospital,
        "rows": rows,
    }
    if sign.sign == "unit":
        unit = str(values["unit"])
        key = key if unit else "feed.slip"
        texts |= {"unit": unit, "own": getattr(feature, "unit", "")}
        texts |= {"share": percent(_number(values, "share"))}
        texts |= {"factor": _factor(_number(values, "factor"))}
    elif sign.sign in ("refused", "source"):
        count = int(_number(values, "count"))
        unit = str(values.get("unit", ""))
        key = "feed.refused_unit" if unit else key
        share = _number(values, "share") if "share" in values else 0.0
        texts |= {"count": count, "all": count + rows, "share": percent(share), "unit": unit}
        texts |= {"rule": str(values.get("rule", "")).replace("_", " ")}
    else:
        texts |= {
            name: percent(_number(values, name))
            for name in ("before", "now", "share")
            if name in values
        }
        if "factor" in values:
            texts["factor"] = _factor(_number(values, "factor"))
        if "code" in values:
            texts["code"] = code_words(feature, str(values["code"]))
    return catalogue()(key, **texts)


def _factor(value: float) -> Words:
    return decimal(value, 1 if value >= 10 else 2 if value >= 0.1 else 4)


def _number(values: Mapping[str, float | str], name: str) -> float:
    return float(values[name])
