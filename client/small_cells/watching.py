"""A watch without cells of few patients."""

from __future__ import annotations

import numpy as np

from client.small_cells.cells import floored, floored_cells, grouped, grouped_alone
from client.small_cells.evaluation import told_evaluation
from client.small_cells.summary import told_feature
from shared.contract import Contract
from shared.statistics import Summary
from shared.watch.answer import Answers, Confirmed, WatchAnswer


def told_watch(contract: Contract, answer: WatchAnswer, smallest: int) -> WatchAnswer:
    """Return an answer whose every count of patients is a multiple of the smallest cell.

    What is of fewer patients altogether is left out; confirmed diagnoses are then told with those
    that are confirmed later.
    """
    return answer.model_copy(
        update={
            "smallest_cell": smallest,
            "window": _told_answers(contract, answer.window, smallest),
            "first": _told_answers(contract, answer.first, smallest),
            "records": _told_summary(contract, answer.records, smallest),
            "confirmed": _told_confirmed(answer.confirmed, smallest),
            "new_for_training": floored(answer.new_for_training, smallest),
            "problems": [
                each.model_copy(update={"count": floored(each.count, smallest)})
                for each in answer.problems
                if each.count >= smallest
            ],
        }
    )


def _told_answers(contract: Contract, answers: Answers | None, smallest: int) -> Answers | None:
    if answers is None or (summary := _told_summary(contract, answers.summary, smallest)) is None:
        return None
    scores = grouped(np.array(answers.scores), summary.rows // smallest, smallest)
    return Answers(summary=summary, scores=scores.tolist())


def _told_summary(contract: Contract, summary: Summary | None, smallest: int) -> Summary | None:
    if summary is None or summary.rows < smallest:
        return None
    rows = floored(summary.rows, smallest)
    return Summary(
        contract_hash=summary.contract_hash,
        rows=rows,
        classes=floored_cells(summary.classes, smallest),
        features={
            name: told_feature(contract.features[name], each, rows, smallest)
            for name, each in summary.features.items()
        },
    )


def _told_confirmed(confirmed: Confirmed | None, smallest: int) -> Confirmed | None:
    if confirmed is None or confirmed.evaluation.group.rows < smallest:
        return None
    return Confirmed(
        evaluation=told_evaluation(confirmed.evaluation, smallest),
        until=confirmed.until,
        delays=grouped_alone(np.array(confirmed.delays), smallest).tolist(),
    )
