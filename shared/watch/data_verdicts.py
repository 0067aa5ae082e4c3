"""Whether patients have changed, or the feed of one hospital is sick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.contract import Contract
from shared.pages.labels import feature_label
from shared.pages.words import joined
from shared.watch.answer import WatchAnswer
from shared.watch.feeds import FeedSign, refused_sign, sign_of_feed, source_sign
from shared.watch.judging import Judged, clearest
from shared.watch.past import Past
from shared.watch.sentences import Evidence, catalogue, feed_sentence, named, verdict
from shared.watch.settings import WatchSettings
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch

# Another feature has moved with this one where it moved at least so far, in bits.
_WITH = 0.005
# So many others, or the diagnoses, make a shift one of patients, unless its feed is surely sick.
_SEVERAL = 2
# Two hospitals moved the same way where the cosine of what moved is at least that.
_SAME_WAY = 0.5


@dataclass(frozen=True)
class HospitalMoves:
    """What was judged at one hospital.

    Attributes
    ----------
    by_feature : dict of str to list of Judged
        What is told of features with enough rows.
    labels_moved : bool
        Whether confirmed diagnoses are distributed in another way.
    feeds : dict of str to FeedSign
        Features whose feed is taken for sick.
    """

    past: Past
    by_feature: dict[str, list[Judged]]
    labels_moved: bool
    feeds: dict[str, FeedSign] = field(default_factory=dict)

    def moved(self) -> list[str]:
        """Return features that moved, the farthest first."""
        found = {name: clearest(each) for name, each in self.by_feature.items()}
        far = {
            name: each.distances.jensen_shannon for name, each in found.items() if each.has_moved
        }
        return sorted(far, key=lambda each: -far[each])


def find_feeds(
    contract: Contract,
    history: Sequence[Watch],
    hospital: str,
    moves: HospitalMoves,
) -> dict[str, FeedSign]:
    """Return the features of a hospital whose feed is taken for sick."""
    answer, reference = moves.past.answer, moves.past.reference
    found: dict[str, FeedSign] = {}
    unsure: dict[str, FeedSign] = {}
    earlier = _first_answer(history, hospital)
    rows = answer.records.rows if answer.records else 0
    usual = answer.first.summary if answer.first else answer.records
    for name, feature in contract.recorded.items():
        if name not in contract.features:
            continue
        sign = refused_sign(feature, answer, reference or usual)
        sign = sign or source_sign(feature, answer, earlier, rows)
        judged = moves.by_feature.get(name, [])
        has_moved = any(each.has_moved for each in judged)
        if sign is None and has_moved and answer.window is not None and reference is not None:
            summary = answer.window.summary
            sign = sign_of_feed(feature, reference, summary, answer.smallest_cell)
        if sign is not None:
            (found if sign.is_certain else unsure)[name] = sign
    derived = contract.derivation.dependents({*found, *unsure})
    others = [
        name
        for name in moves.moved()
        if name not in found and name not in derived and _distance(moves, name) >= _WITH
    ]
    if not moves.labels_moved:
        found |= {name: sign for name, sign in unsure.items() if len({*others} - {name}) < _SEVERAL}
    return found


def hospital_verdicts(
    contract: Contract,
    hospital: str,
    moves: HospitalMoves,
    same_way: Mapping[str, list[str]],
    settings: WatchSettings,
) -> list[WatchVerdict]:
    """Return a verdict on each feature of a hospital.

    Parameters
    ----------
    same_way : mapping of str to list of str
        By feature, the hospitals where it moved the same way, if several.
    """
    told = _Telling(contract, hospital, moves, same_way, settings)
    return [told.of(name) for name in contract.features]


@dataclass(frozen=True)
class _Telling:
    contract: Contract
    hospital: str
    moves: HospitalMoves
    same_way: Mapping[str, list[str]]
    settings: WatchSettings

    def of(self, name: str) -> WatchVerdict:
        rows = self.moves.past.answer.rows
        judged = self.moves.by_feature.get(name, [])
        evidence = evidence_of(judged, self.moves.past.reference_of)
        score = clearest(judged).distances.jensen_shannon if judged else 0.0
        sign = self.moves.feeds.get(name)
        if sign is not None:
            words = feed_sentence(self.hospital, self.contract.features[name], sign, rows)
            return verdict(
                "feed",
                self.hospital,
                "alarm",
                words,
                feature=name,
                sign=sign.sign,
                # What never reaches the model cannot be seen in what did.
                score=max(score, float(sign.values.get("share", 0.0) or 0.0), 0.5),
                evidence={**evidence, **sign.values},
            )
        if not judged:
            return self._too_few(name, rows)
        sick = self._sick_inputs(name)
        if not clearest(judged).has_moved or sick:
            key = "data.follows" if sick else "data.steady"
            words = catalogue()(key, feature=feature_label(name), hospital=self.hospital, sick=sick)
            return verdict(
                "data", self.hospital, "steady", words, feature=name, evidence=evidence, score=score
            )
        return self._moved(name, judged, evidence)

    def _moved(self, name: str, judged: list[Judged], evidence: Evidence) -> WatchVerdict:
        best = clearest(judged)
        others = self._others(name)
        hospitals = self.same_way.get(name, [])
        values = {"feature": feature_label(name), "hospital": self.hospital}
        rows = round(best.table.counts.rows)
        if hospitals:
            where = joined(hospitals)
            words = catalogue()("data.everywhere", **values, hospitals=where, rows=rows)
        elif others:
            words = catalogue()("data.together", **values, others=named(others), rows=rows)
        elif self.moves.labels_moved:
            words = catalogue()("data.together_labels", **values, rows=rows)
        else:
            words = catalogue()("data.alone", **values, rows=rows)
        is_together = bool(others) or self.moves.labels_moved
        return verdict(
            "data",
            self.hospital,
            "alarm",
            words,
            feature=name,
            sign="everywhere" if hospitals else "together" if is_together else "alone",
            score=best.distances.jensen_shannon,
            evidence={**evidence, "moved_with": others, "hospitals": hospitals},
        )

    def _others(self, name: str) -> list[str]:
        """Return what moved too, but for sick feeds and what is computed from one or the other."""
        derivation = self.contract.derivation
        bound = derivation.dependents({name, *self.moves.feeds})
        return [
            each
            for each in self.moves.moved()
            if each not in {name, *self.moves.feeds}
            and each not in bound
            and name not in derivation.dependents({each})
            and _distance(self.moves, each) >= _WITH
        ]

    def _sick_inputs(self, name: str) -> str:
        derivation = self.contract.derivation
        sick = [each for each in self.moves.feeds if name in derivation.dependents({each})]
        return ", ".join(map(feature_label, sick))

    def _too_few(self, name: str, rows: int) -> WatchVerdict:
        least = self.settings.least_rows
        key = "data.no_past" if rows >= least else "data.insufficient"
        words = catalogue()(
            key, feature=feature_label(name), hospital=self.hospital, rows=rows, least=least
        )
        return verdict("data", self.hospital, "insufficient", words, feature=name)


def evidence_of(judged: Sequence[Judged], reference_of: str = "") -> Evidence:
    """Return the figures of what moved most."""
    if not judged:
        return {}
    best = clearest(judged)
    distances = best.distances
    found: Evidence = {
        "part": best.table.part,
        "rows": best.table.counts.rows,
        "reference_rows": best.table.counts.reference_rows,
        "psi": distances.psi,
        "psi_limit": distances.psi_limit,
        "jensen_shannon": distances.jensen_shannon,
        "jensen_shannon_limit": distances.jensen_shannon_limit,
        "p_value": distances.p_value,
    }
    if reference_of:
        found["reference"] = reference_of
    codes = [each.table.code for each in judged if each.table.code and each.has_moved]
    if codes:
        found["terms"] = codes
    return found


def same_ways(
    moves: Mapping[str, HospitalMoves], federated: Sequence[Judged], names: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Return by feature the hospitals where it moved the same way, where there are several.

    Parameters
    ----------
    names : mapping of str to list of str
        By feature, whose strata the federated tables have, in order.
    """
    found: dict[str, list[str]] = {}
    for judged in federated:
        feature = judged.table.feature
        moved = {
            name: place
            for place, name in enumerate(names.get(feature, []))
            if any(
                each.has_moved and each.table.part == judged.table.part
                for each in moves[name].by_feature.get(feature, [])
            )
        }
        if len(moved) < _SEVERAL:
            continue
        ways = {name: _way(judged, place) for name, place in moved.items()}
        mean = np.sum([each / (np.linalg.norm(each) or 1.0) for each in ways.values()], axis=0)
        same = [
            name
            for name, way in ways.items()
            if way @ mean >= _SAME_WAY * np.linalg.norm(way) * np.linalg.norm(mean) > 0
        ]
        if len(same) >= _SEVERAL and len(same) > len(found.get(feature, [])):
            found[feature] = sorted(same)
    return found


def _way(judged: Judged, place: int) -> np.ndarray:
    stratum = judged.table.counts.strata[place]
    found: np.ndarray = stratum.window / max(stratum.window.sum(), 1.0) - stratum.reference / max(
        stratum.reference.sum(), 1.0
    )
    if judged.table.counts.is_line:
        # What moves along a line moves the same way whichever cells it passes.
        found = np.cumsum(found)
    return found


def _distance(moves: HospitalMoves, name: str) -> float:
    return clearest(moves.by_feature[name]).distances.jensen_shannon


def _first_answer(history: Sequence[Watch], hospital: str) -> WatchAnswer | None:
    return next((each.answers[hospital] for each in history[:-1] if hospital in each.answers), None)
