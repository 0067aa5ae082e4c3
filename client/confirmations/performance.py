"""How good answers were, by the diagnoses that were confirmed since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from client.confirmations.pairs import Pair, Pairs
from client.confirmations.share import ClassPerformance, Share, by_class, share
from shared.contract import Contract
from shared.metrics import Evaluation
from shared.metrics.counts import TOP_RANKS, count
from shared.settings_file import StrictModel

_DAY = 86_400.0


class Delays(StrictModel):
    """Days from the answer to the first confirmation; None without any."""

    count: int
    median: float | None
    quarter: float | None
    three_quarters: float | None
    nine_tenths: float | None
    longest: float | None


class Performance(StrictModel):
    """How good the answers of a time were.

    Attributes
    ----------
    evaluation : Evaluation
        Counts that merge with those of other hospitals.
    answers, labelled, unlabelled, in_conflict : int
        Answers of the time; those with a confirmed diagnosis, without one, and with sources that
        do not agree. The same patient asked about again before the diagnosis counts once.
    not_comparable : int
        Confirmed, but of a contract with other classes, or their contents are gone.
    accuracy : Share
        Of answers with a finest diagnosis, those whose most probable disease it was.
    accuracy_of_groups : Share
        The same for the coarsest classes, over all diagnoses.
    accuracy_where_enough_evidence : Share
        Of the finest, without the answers that said not to have enough evidence.
    top : dict of int to Share
        Right diagnosis among the k most probable.
    calibration_error : float or None
        Expected calibration error.
    coverage : Share
        Prediction sets that held the diagnosis.
    by_class : list of ClassPerformance
        Of finest classes that were confirmed or answered at least once.
    delays : Delays
    note : str
        What a person must know to read the figures.
    """

    evaluation: Evaluation
    answers: int
    labelled: int
    unlabelled: int
    in_conflict: int
    not_comparable: int
    accuracy: Share
    accuracy_of_groups: Share
    accuracy_where_enough_evidence: Share
    top: dict[int, Share]
    calibration_error: float | None
    coverage: Share
    by_class: list[ClassPerformance]
    delays: Delays
    note: str


def performance_of(contract: Contract, pairs: Pairs) -> Performance:
    """Return the figures of some answers."""
    usable = [each for each in pairs.confirmed if is_comparable(contract, each)]
    finest = [each for each in usable if each.case.code in contract.leaves]
    evaluation = _evaluation(contract, usable, finest)
    counts = evaluation.finest
    labelled = len(pairs.confirmed) + pairs.gone
    unlabelled = pairs.answers - labelled - pairs.in_conflict
    sure = [each for each in finest if _output(each).get("enough_evidence", True)]
    with_set = [each for each in finest if _output(each).get("prediction_set")]
    return Performance(
        evaluation=evaluation,
        answers=pairs.answers,
        labelled=labelled,
        unlabelled=unlabelled,
        in_conflict=pairs.in_conflict,
        not_comparable=labelled - len(usable),
        accuracy=share(counts.top_hits[1], len(finest)),
        accuracy_of_groups=share(evaluation.group.top_hits[1], len(usable)),
        accuracy_where_enough_evidence=share(sum(map(is_right, sure)), len(sure)),
        top={rank: share(counts.top_hits[rank], len(finest)) for rank in TOP_RANKS},
        calibration_error=evaluation.scores()["finest"].expected_calibration_error,
        coverage=share(
            sum(each.case.code in _output(each)["prediction_set"] for each in with_set),
            len(with_set),
        ),
        by_class=by_class(contract, counts),
        delays=delays_of([days_until_confirmed(each) for each in pairs.confirmed]),
        note=_note(pairs.answers, unlabelled, pairs.in_conflict),
    )


def is_comparable(contract: Contract, pair: Pair) -> bool:
    """Return whether an answer and its diagnosis are classes of the contract."""
    ranked = _output(pair).get("ranked", [])
    about = {each["code"] for each in ranked} <= set(contract.leaves)
    return bool(ranked) and about and pair.case.code in contract.classes


def is_right(pair: Pair) -> bool:
    """Return whether the most probable disease is the diagnosis."""
    return bool(_output(pair)["ranked"][0]["code"] == pair.case.code)


def days_until_confirmed(pair: Pair) -> float:
    """Return the days from the answer to the first confirmation."""
    asked, said = (
        datetime.fromisoformat(each) for each in (pair.answer.time, pair.case.first_time)
    )
    return (said - asked).total_seconds() / _DAY


def delays_of(days: Sequence[float]) -> Delays:
    """Return how long diagnoses took."""
    if not days:
        return Delays(
            count=0, median=None, quarter=None, three_quarters=None, nine_tenths=None, longest=None
        )
    quarter, median, three_quarters, nine_tenths = np.quantile(days, [0.25, 0.5, 0.75, 0.9])
    return Delays(
        count=len(days),
        median=float(median),
        quarter=float(quarter),
        three_quarters=float(three_quarters),
        nine_tenths=float(nine_tenths),
        longest=max(days),
    )


def probabilities_of(contract: Contract, ranked: Sequence[dict[str, Any]]) -> list[float]:
    """Return the probability of each leaf; what an answer does not list shares what is left."""
    listed = {each["code"]: float(each["probability"]) for each in ranked}
    others = [leaf for leaf in contract.leaves if leaf not in listed]
    rest = max(0.0, 1.0 - sum(listed.values())) / len(others) if others else 0.0
    return [listed.get(leaf, rest) for leaf in contract.leaves]


def _evaluation(contract: Contract, usable: list[Pair], finest: list[Pair]) -> Evaluation:
    leaves, groups = contract.leaves, contract.groups
    of_leaves = [leaves.index(each.case.code) for each in finest]
    of_groups = [groups.index(contract.group_of(each.case.code)) for each in usable]
    grouped = _matrix(contract, usable) @ contract.membership(groups).T
    return Evaluation(
        finest=count(leaves, np.array(of_leaves, dtype=np.intp), _matrix(contract, finest)),
        group=count(groups, np.array(of_groups, dtype=np.intp), grouped),
    )


def _matrix(contract: Contract, pairs: list[Pair]) -> npt.NDArray[np.float64]:
    rows = [probabilities_of(contract, _output(each)["ranked"]) for each in pairs]
    return np.array(rows, dtype=np.float64).reshape(len(pairs), len(contract.leaves))


def _output(pair: Pair) -> dict[str, Any]:
    return pair.answer.output or {}


def _note(answers: int, unlabelled: int, in_conflict: int) -> str:
    if not answers:
        return "There is no answer of this time."
    words = [f"{unlabelled} of {answers} answers have no confirmed diagnosis yet."]
    if in_conflict:
        words.append(f"{in_conflict} have sources that do not agree and are not used.")
    if unlabelled or in_conflict:
        words.append(
            "The others need not be like them (verification bias): the figures hold for confirmed "
            "answers alone."
        )
    return " ".join(words)
