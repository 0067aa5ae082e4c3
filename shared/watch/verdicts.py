"""What a watch means, as a function of what hospitals answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.contract import Contract
from shared.metrics import Evaluation, merge_evaluations
from shared.watch.data_verdicts import HospitalMoves, find_feeds, hospital_verdicts, same_ways
from shared.watch.diagnoses import confirmed_of
from shared.watch.federated_verdicts import federated_verdicts
from shared.watch.judging import Judged, judge
from shared.watch.model_verdicts import (
    confirmed_counts,
    hospital_tables,
    label_verdict,
    score_verdict,
)
from shared.watch.past import Past, past_of
from shared.watch.performance_verdicts import performance_verdicts
from shared.watch.settings import WatchSettings
from shared.watch.tables import Side, Table, class_table, feature_tables, score_table
from shared.watch.verdict import FEDERATION, WatchVerdict
from shared.watch.watch import Watch


def watch_verdicts(
    history: Sequence[Watch], contract: Contract, settings: WatchSettings
) -> list[WatchVerdict]:
    """Return what the newest watch means, beside those before it.

    A third of the false alarm rate is for the hospitals' windows, one for the federation's, and one
    for falls of performance; each is shared by all that is tested there.

    Parameters
    ----------
    history : sequence of Watch
        The oldest first; the verdicts of the newest are not looked at.
    contract : Contract
        That all answers follow.

    Returns
    -------
    list of WatchVerdict
        Alarms first, sick feeds before the others, the clearest first; then what is steady, and
        what there is too little of.
    """
    if not history:
        return []
    return _Judgement(history, contract, settings).verdicts()


@dataclass
class _Judgement:
    history: Sequence[Watch]
    contract: Contract
    settings: WatchSettings
    moves: dict[str, HospitalMoves] = field(default_factory=dict)
    model: dict[str, dict[str, Judged]] = field(default_factory=dict)

    @property
    def newest(self) -> Watch:
        return self.history[-1]

    def verdicts(self) -> list[WatchVerdict]:
        self._judge_hospitals()
        federated, names = self._judge_federation()
        ways = same_ways(self.moves, federated, names)
        contract, found = self.contract, []
        for hospital, moves in self.moves.items():
            sick = list(moves.feeds)
            model = self.model[hospital]
            found += hospital_verdicts(contract, hospital, moves, ways, self.settings)
            found.append(
                label_verdict(
                    contract, hospital, model.get("confirmed"), model.get("answered"), sick
                )
            )
            found.append(score_verdict(hospital, model.get("scores"), sick))
        moved: dict[str, list[str]] = {}
        for hospital, moves in self.moves.items():
            for name in moves.moved():
                moved.setdefault(name, []).append(hospital)
        found += federated_verdicts(contract, federated, names, ways, moved, self.settings)
        found += self._federated_model(federated)
        found += self._performance()
        return sorted(found, key=_order)

    def _judge_hospitals(self) -> None:
        """Judge what is compared at each hospital, all at once, and find sick feeds."""
        least = self.settings.least_rows
        pasts = {name: past_of(each, least) for name, each in self.newest.answers.items()}
        tables: list[tuple[str, str, Table]] = []
        for name, past in pasts.items():
            if (side := past.side(least)) is not None:
                made = feature_tables(self.contract, [side])
                tables += [(name, "", each) for each in made if self._is_enough(each)]
            of_model = hospital_tables(self.contract, self.history, name, self.settings)
            tables += [(name, key, table) for key, table in of_model.items()]
        wanted = [(name, table) for name, _, table in tables]
        judged = judge(wanted, self.settings, self.settings.false_alarm_rate / 3)
        for name, past in pasts.items():
            mine = zip(tables, judged, strict=True)
            found = [(key, each) for (owner, key, _), each in mine if owner == name]
            self.model[name] = {key: each for key, each in found if key}
            by_feature: dict[str, list[Judged]] = {}
            for key, each in found:
                if not key:
                    by_feature.setdefault(each.table.feature, []).append(each)
            self.moves[name] = self._moves(name, past, by_feature)

    def _moves(self, name: str, past: Past, by_feature: dict[str, list[Judged]]) -> HospitalMoves:
        labels = self.model[name].get("confirmed")
        moves = HospitalMoves(past, by_feature, labels is not None and labels.has_moved)
        return replace(moves, feeds=find_feeds(self.contract, self.history, name, moves))

    def _is_enough(self, table: Table) -> bool:
        """Return whether enough rows of a window that is large enough have a value at all."""
        return all(2 * each.rows >= self.settings.least_rows for each in table.counts.strata)

    def _judge_federation(self) -> tuple[list[Judged], dict[str, list[str]]]:
        """Judge each feature over the hospitals whose feed of it is well."""
        contract, names = self.contract, dict[str, list[str]]()
        tables: list[Table] = []
        sides = {
            name: side
            for name, moves in self.moves.items()
            if (side := moves.past.side(self.settings.least_rows)) is not None
        }
        sick = {
            name: {*moves.feeds, *contract.derivation.dependents(moves.feeds)}
            for name, moves in self.moves.items()
        }
        for members, features in _by_members(contract.features, sides, sick).items():
            if not members:
                continue
            for table in feature_tables(contract, [sides[name] for name in members]):
                if table.feature in features and self._is_enough(table):
                    tables.append(table)
                    names[table.feature] = list(members)
        tables += self._model_tables()
        rate = self.settings.false_alarm_rate / 3
        judged = judge([(FEDERATION, each) for each in tables], self.settings, rate, seed=1)
        return judged, names

    def _model_tables(self) -> list[Table]:
        """Return diagnoses and scores over the hospitals whose feeds are all well."""
        well = [name for name, moves in self.moves.items() if not moves.feeds]
        found = []
        contract = self.contract
        counts = [
            told
            for name in self.moves
            if (told := confirmed_counts(contract, self.history, name, self.settings)) is not None
        ]
        if counts and (table := class_table(contract, counts)) is not None:
            found.append(table)
        pairs = [
            (answer.first.scores, answer.window.scores, answer.smallest_cell)
            for name in well
            if "scores" in self.model[name]
            and (answer := self.newest.answers[name]).first is not None
            and answer.window is not None
        ]
        if pairs:
            found.append(score_table(pairs))
        return found

    def _federated_model(self, federated: Sequence[Judged]) -> list[WatchVerdict]:
        by_part = {each.table.part: each for each in federated if not each.table.feature}
        contract = self.contract
        return [
            label_verdict(contract, FEDERATION, by_part.get("classes"), None, []),
            score_verdict(FEDERATION, by_part.get("scores"), []),
        ]

    def _performance(self) -> list[WatchVerdict]:
        contract = self.contract
        told: dict[str, list[Evaluation]] = {
            name: confirmed_of(self.history, name, answer.service.digest)
            for name, answer in self.newest.answers.items()
        }
        tests = 3 * (len(told) + 1)
        found = []
        for name, each in told.items():
            sick = list(self.moves[name].feeds)
            found += performance_verdicts(contract, name, each, sick, self.settings, tests)
        together = self._together(told)
        found += performance_verdicts(contract, FEDERATION, together, [], self.settings, tests)
        return found

    def _together(self, told: Mapping[str, list[Evaluation]]) -> list[Evaluation]:
        """Merge what hospitals with the same model and healthy feeds told, watch by watch."""
        digests = [each.service.digest for each in self.newest.answers.values()]
        if not digests:
            return []
        common = max(sorted(set(digests)), key=digests.count)
        members = [
            name
            for name in told
            if self.newest.answers[name].service.digest == common and not self.moves[name].feeds
        ]
        found = []
        for watch in self.history:
            parts = [part for name in members for part in confirmed_of([watch], name, common)]
            if parts:
                found.append(merge_evaluations(parts))
        return found


def _by_members(
    features: Mapping[str, object], sides: Mapping[str, Side], sick: Mapping[str, set[str]]
) -> dict[tuple[str, ...], set[str]]:
    """Return features by the hospitals whose feed of them is well."""
    found: dict[tuple[str, ...], set[str]] = {}
    for feature in features:
        members = tuple(name for name in sides if feature not in sick[name])
        found.setdefault(members, set()).add(feature)
    return found


def _order(verdict: WatchVerdict) -> tuple[int, int, float]:
    states, kinds = ("alarm", "steady", "insufficient"), ("feed", "performance")
    place = kinds.index(verdict.kind) if verdict.kind in kinds else len(kinds)
    return states.index(verdict.state), place, -verdict.score
