"""Answers the files of cases, one after the other, beside requests."""

from __future__ import annotations

import logging
from datetime import timedelta

from client.api.answering import Answering, Question
from client.api.background import Background
from client.api.batches.batch_folder import Asked, BatchFolder, Outcome
from client.api.batches.batch_store import BatchFiles
from client.api.problems import case_error
from client.audit import AuditStore, new_id
from client.serving.case_problem import CaseError
from shared.errors import JuntosError

log = logging.getLogger("juntos.api")

REMOVED = "The patient was erased before the case was answered."


class BatchWorker:
    """A thread that answers what waits, and goes on where another process stopped.

    Parameters
    ----------
    files : BatchFiles
    answering : Answering
    audit : AuditStore
    keep : timedelta
        How long results are kept.
    """

    def __init__(
        self, files: BatchFiles, answering: Answering, audit: AuditStore, keep: timedelta
    ) -> None:
        self._files = files
        self._answering = answering
        self._audit = audit
        self._keep = keep
        self._background = Background("juntos-batches", self.work, log)

    def start(self) -> None:
        """Begin to answer."""
        self._background.start()

    def stop(self) -> None:
        """End after the piece that is being answered."""
        self._background.stop()

    def wake(self) -> None:
        """Look at once: something came."""
        self._background.wake()

    def work(self) -> None:
        """Answer all that waits, and remove what was kept for long enough."""
        for folder in self._files.all():
            if not self._background.ended and folder.waiting():
                self._answer(folder)
        self._files.remove_older(self._keep)

    def _answer(self, folder: BatchFolder) -> None:
        try:
            with folder.claimed() as mine:
                for number in folder.waiting() if mine else []:
                    if self._background.ended:
                        return
                    self._answer_piece(folder, number)
                    folder.problem = ""
        except FileNotFoundError:
            log.info("a file of cases was removed while it was answered")
        except JuntosError as error:
            # Neither the model nor the store need the cases to say what is wrong.
            folder.problem = str(error)
            log.warning("a file of cases waits: %s", error)
        except Exception as error:
            # Other files must not wait for one that cannot be answered.
            folder.problem = f"The node failed at this file ({type(error).__name__})."
            log.error("a file of cases cannot be answered: %s", type(error).__name__)

    def _answer_piece(self, folder: BatchFolder, number: int) -> None:
        """Answer the cases of a piece, unless they were already."""
        plan = folder.plan(number)
        if plan is not None and self._is_answered(plan):
            folder.finish(number, plan)
            return
        questions, outcomes = self._read(folder.piece(number), plan)
        folder.write_plan(number, outcomes)
        caller = folder.about().caller
        self._answering.answer(questions, caller, folder.id)
        folder.finish(number, outcomes)
        if self._answering.is_challenged:
            self._answering.challenge(questions, caller, folder.id)

    def _is_answered(self, plan: list[Outcome]) -> bool:
        """Return whether the answers of a plan were written down: all are, or none."""
        ids = [each.prediction for each in plan if each.prediction]
        return not ids or self._audit.get(ids[0]) is not None

    def _read(
        self, asked: list[Asked], plan: list[Outcome] | None
    ) -> tuple[list[Question], list[Outcome]]:
        planned = {each.line: each.prediction for each in plan or []}
        questions, outcomes = [], []
        for each in asked:
            errors: tuple[dict[str, str], ...] = ()
            name = planned.get(each.line) or new_id()
            if each.problem:
                errors = ({"field": "line", "detail": each.problem},)
            else:
                try:
                    case = self._answering.read(each.case)
                    questions.append(Question(case=case, patient=each.patient, id=name))
                except CaseError as error:
                    errors = tuple(case_error(one).as_json() for one in error.problems)
            outcomes.append(Outcome(each.line, "" if errors else name, errors))
        return questions, outcomes
