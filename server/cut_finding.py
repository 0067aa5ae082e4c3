"""Asking all hospitals where columns may be cut."""

from __future__ import annotations

from server.answer_checks import AnswerChecks
from server.growth_answers import check_counts, sum_of
from server.recording_grid import RecordingGrid
from server.strategies.replies import answered_arrays
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import CutSearch
from shared.questions import ARRAYS_KEY, COUNT_ON_GRID, Question, array_record, questions_to


def find_cuts(
    grid: RecordingGrid, question: Question, columns: int, maximum_bins: int
) -> CutPoints:
    """Ask on finer and finer grids."""
    search = CutSearch(columns, maximum_bins)
    while (edges := search.question()) is not None:
        asked = edges
        checks = AnswerChecks(lambda reply: check_counts(asked, answered_arrays(reply)))  # noqa: B023
        grid.begin("boosted_trees", checks)
        arrays = {ARRAYS_KEY: array_record(asked)}
        messages = questions_to(list(grid.get_node_ids()), COUNT_ON_GRID, question, arrays)
        replies = [each for each in grid.send_and_receive(messages) if not each.has_error()]
        answers = [answered_arrays(reply) for reply in replies]
        search.answer({name: sum_of(each[name] for each in answers) for name in answers[0]})
    return search.cuts()
