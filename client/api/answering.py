"""From a question to an answer that is written down: the one way through which answers leave."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from client.api.given import explanation_json
from client.api.problems import FieldError, invalid_request
from client.audit import Prediction, new_id
from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices
from shared.errors import JuntosError

log = logging.getLogger("juntos.api")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One case, and what is wanted to know.

    Attributes
    ----------
    case : Case
    patient : str
        Pseudonym; empty where no patient was named.
    explain : bool
    explain_code : str
        The disease to explain; the most probable one where it is empty.
    id : str
        Of the answer.
    """

    case: Case
    patient: str = ""
    explain: bool = False
    explain_code: str = ""
    id: str = field(default_factory=new_id)


class Answering:
    """Answers questions and writes each answer down before it is given.

    Parameters
    ----------
    services : NodeServices
    """

    def __init__(self, services: NodeServices) -> None:
        self._services = services

    @property
    def is_challenged(self) -> bool:
        """Whether a challenger answers too."""
        return self._services.store.shadow is not None

    def question(
        self,
        content: Mapping[str, Any],
        patient: str | None = None,
        **wishes: Any,  # noqa: ANN401
    ) -> Question:
        """Return a question about a case as it came.

        Parameters
        ----------
        content : mapping
            By feature, see `CaseReader`.
        patient : str, optional
            The hospital's own number.
        wishes
            See `Question`.

        Raises
        ------
        CaseError
            With everything that is wrong with the case.
        SettingsError
            When the number is nobody's.
        """
        case = self.read(content)
        pseudonym = self._services.audit.pseudonym(patient) if patient else ""
        return Question(case=case, patient=pseudonym, **wishes)

    def read(self, content: Mapping[str, Any]) -> Case:
        """Return a case as the contract has it.

        Raises
        ------
        CaseError
            With everything that is wrong with it.
        """
        return self._services.cases.read(content)

    def answer(self, questions: Sequence[Question], caller: str, request: str) -> list[Prediction]:
        """Answer with one model, and write all answers down together.

        Parameters
        ----------
        caller : str
            Name of the key.
        request : str
            Id of the request.

        Raises
        ------
        NoModelError
            When there is no model.
        AuditUnavailableError
            When the answers cannot be written down; none may be given.
        """
        answers = self._answers(questions, caller, request)
        self._services.audit.record_many(answers)
        return answers

    async def answer_soon(
        self, questions: Sequence[Question], caller: str, request: str
    ) -> list[Prediction]:
        """As `answer`, without a thread that waits; for models that answer quickly.

        Other requests go on while the answers are written down, not while they are found.
        """
        answers = self._answers(questions, caller, request)
        await self._services.audit.recorded(answers)
        return answers

    @property
    def is_quick(self) -> bool:
        """Whether the model answers in less time than handing a case to a thread takes."""
        return self._services.store.active.is_quick

    def _answers(
        self, questions: Sequence[Question], caller: str, request: str
    ) -> list[Prediction]:
        """Return the answers, which are not written down yet."""
        if not questions:
            return []
        begun = time.perf_counter()
        model = self._services.store.active
        answers = model.answer_many([each.case for each in questions])
        outputs = [
            _output(model, question, answer)
            for question, answer in zip(questions, answers, strict=True)
        ]
        seconds = (time.perf_counter() - begun) / len(questions)
        return [
            _prediction(question, output, answer, caller, request, seconds)
            for question, output, answer in zip(questions, outputs, answers, strict=True)
        ]

    def challenge(self, questions: Sequence[Question], caller: str, request: str) -> None:
        """Let the challenger answer too, for the record alone; whatever fails is only logged."""
        shadows = []
        for question in questions:
            begun = time.perf_counter()
            answer = self._services.store.shadow_answer(question.case)
            if answer is not None:
                seconds = time.perf_counter() - begun
                beside = Question(case=question.case, patient=question.patient)
                shadow = _prediction(beside, answer.as_json(), answer, caller, request, seconds)
                shadows.append(_beside(shadow, question.id))
        try:
            self._services.audit.record_many(shadows)
        except JuntosError as error:
            log.warning("the challenger's answers are not recorded: %s", type(error).__name__)


def _output(model: ServedModel, question: Question, answer: Answer) -> dict[str, Any]:
    output = answer.as_json()
    if question.explain:
        code = question.explain_code or answer.ranked[0].code
        if code not in model.contract.leaves:
            expected = "Expected the code of a disease that the model answers with."
            fix = "GET /v1/model lists them."
            raise invalid_request([FieldError("explain_code", "/explain_code", expected, fix)])
        explanation = model.explain(question.case, code)
        output["explanation"] = explanation_json(explanation, model.next_findings(question.case))
    return output


def _prediction(
    question: Question,
    output: Mapping[str, Any],
    answer: Answer,
    caller: str,
    request: str,
    seconds: float,
) -> Prediction:
    return Prediction(
        input=question.case.values,
        output=output,
        caller=caller,
        model=answer.model.version,
        model_digest=answer.model.digest,
        contract=answer.model.contract_version,
        patient=question.patient,
        request=request,
        latency=seconds,
        id=question.id,
    )


def _beside(shadow: Prediction, shown: str) -> Prediction:
    return replace(shadow, mode="shadow", beside=shown)
